import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { softwareVulkan } from '../backends/software-vulkan';
import { type Block, blocksIn, ROOT } from './blocks';
import { offline, type Reader } from './reader';

export const run = promisify(execFile);
export const bin = (name: string): string => join(ROOT, 'node_modules/.bin', name);

export const blocks = blocksIn('ts');
/** Whether a block needs tfjs-node's native library. */
export const isNative = ({ code }: Block): boolean => code.includes('loadTfjsNode(');

const fileName = (title: string): string => `${title.replaceAll(/\W+/g, '-')}.mts`;

/** Writes every block to a file of its own in the reader's folder. */
export function writeBlocks(reader: Reader): void {
  for (const [title, { code }] of blocks) {
    writeFileSync(join(reader.folder, fileName(title)), offline(code, reader));
  }
}

/** Lines that are said to be printed and aren't, in this order; `…` stands for what differs from run to run. */
function missing(said: readonly string[], printed: readonly string[]): string[] {
  let next = 0;
  return said.filter((line) => {
    const parts = line
      .split('…')
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
    const pattern = new RegExp(`^${parts.join('.+')}$`);
    const at = printed.findIndex((each, i) => i >= next && pattern.test(each));
    if (at !== -1) next = at + 1;
    return at === -1;
  });
}

/** Runs a block that has been written, and expects the lines that it says it prints. */
export async function expectPrinted(folder: string, title: string, { code }: Block): Promise<void> {
  // loadWebgpu needs a driver, which a machine without a GPU lacks.
  const env = { ...process.env, ...(await softwareVulkan()) };
  const { stdout } = await run(bin('tsx'), [join(folder, fileName(title))], { cwd: folder, env });
  const said = [...code.matchAll(/^\/\/ → (.*)$/gm)].map(([, line = '']) => line);
  expect(said.length).toBeGreaterThan(0);
  // tfjs advertises its Node backend on the way; what the code prints comes in lines of its own.
  expect(missing(said, stdout.split('\n'))).toEqual([]);
}
