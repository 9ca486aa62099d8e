import { PictureError } from '../errors.js';
import { showProgress } from './progress.js';
import type { Terminal } from './terminal.js';

/**
 * Runs `work` for each picture, with a progress bar if there are several. One of several that can't be decoded is skipped and named on
 * standard error.
 *
 * @returns the results
 * @throws PictureError if the only picture can't be decoded
 */
export async function eachPicture<T>(
  terminal: Terminal,
  task: string,
  paths: readonly string[],
  work: (path: string) => Promise<T>,
): Promise<T[]> {
  const shown = showProgress(terminal, task, 'pictures');
  const done: T[] = [];
  try {
    for (const [i, path] of paths.entries()) {
      // One picture is done before anyone could read a progress bar.
      if (paths.length > 1) shown.update(i, paths.length);
      try {
        done.push(await work(path));
      } catch (error) {
        // The others of several pictures are done all the same.
        if (paths.length === 1 || !(error instanceof PictureError)) throw error;
        terminal.err(`skipped: ${error.message}`);
      }
    }
    if (paths.length > 1) shown.update(paths.length, paths.length);
    return done;
  } finally {
    shown.stop();
  }
}

/** Throws if pictures were skipped, after the results of the others have been printed. */
export function requireAll(done: number, all: number): void {
  if (done === all) return;
  throw new PictureError(
    `pictures: expected ${all} that can be decoded, got ${done}; the others are named above`,
  );
}
