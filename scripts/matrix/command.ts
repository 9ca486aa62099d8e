import { execFile } from 'node:child_process';
import { extname } from 'node:path';

export interface Place {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ended {
  /** Its exit status, or why it has none: a signal, or the system's code. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Far above any honest duration (webpack takes 25 s of one core), so that what hangs ends as a failure. */
const LIMIT_MS = 900_000;
const MAX_OUTPUT_BYTES = 2 ** 24;

/** Aborted, it ends what runs and lets nothing more start: a child left behind would go on writing files. */
export const stopping = new AbortController();

/** Runs a program to its end, however it ends. */
export function attempt(program: string, args: readonly string[], place: Place): Promise<Ended> {
  const options = {
    cwd: place.cwd,
    // TensorFlow's greeting on standard error says nothing that a check needs.
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', ...place.env },
    timeout: LIMIT_MS,
    signal: stopping.signal,
    maxBuffer: MAX_OUTPUT_BYTES,
    // There npm and what it links are batch files, which only a shell runs.
    shell: process.platform === 'win32' && extname(program) === '',
  };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : (error.code ?? error.signal ?? error.message);
      resolve({ code, stdout, stderr });
    });
  });
}

/**
 * Runs a program and gives its standard output.
 *
 * @throws Error with all that it printed where it fails
 */
export async function run(program: string, args: readonly string[], place: Place): Promise<string> {
  const { code, stdout, stderr } = await attempt(program, args, place);
  if (code === 0) return stdout;
  throw new Error(`${[program, ...args].join(' ')} ended with ${code}\n${stdout}${stderr}`);
}

/** The same promise for everyone who asks, made when the first one does. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
