import { execFileSync, spawn } from 'node:child_process';

/** Makes a named pipe. */
export function makeFifo(path: string): void {
  execFileSync('mkfifo', [path]);
}

/** Makes a named pipe and, in another process, writes a file's bytes to it. */
export function makeFifoOf(file: string, path: string): void {
  makeFifo(path);
  spawn('sh', ['-c', 'cat "$0" > "$1"', file, path], { stdio: 'ignore' });
}
