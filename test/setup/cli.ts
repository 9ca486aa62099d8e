import { run } from '../../src/cli/run';

/** Runs a command line in this process. */
export async function cli(...args: string[]) {
  let out = '';
  let err = '';
  const code = await run(args, { out: (text) => (out += text), err: (text) => (err += text) });
  return { code, out, err };
}
