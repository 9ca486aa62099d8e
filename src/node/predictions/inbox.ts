import { stat } from 'node:fs/promises';
import { ArgumentError } from '../../errors.js';
import { listPictures } from '../list-pictures.js';

/** The size and time of a file; undefined for one that is empty or gone. */
async function stampOf(path: string): Promise<string | undefined> {
  const facts = await stat(path).catch(() => undefined);
  return facts === undefined || facts.size === 0 ? undefined : `${facts.size} ${facts.mtimeMs}`;
}

/**
 * Finds pictures that appear in folders. A file counts as written completely once its size and time are the same in two polls; this
 * also works on network drives, whose changes the system doesn't report.
 */
export class Inbox {
  /** What is done with, by path: a stamp if it failed and is tried again once it changes. */
  private readonly seen = new Map<string, string | undefined>();
  /** New files, as they were in the last poll. */
  private pending = new Map<string, string | undefined>();

  constructor(private readonly sources: readonly string[]) {}

  /** Notes that files have been classified. */
  done(paths: readonly string[]): void {
    for (const path of paths) this.seen.set(path, undefined);
  }

  /** The new pictures that are written completely. Those that aren't {@link done} afterwards are returned again once they change. */
  async poll(): Promise<string[]> {
    const ready: string[] = [];
    const pending = new Map<string, string | undefined>();
    for (const path of await this.list()) {
      const isDone = this.seen.has(path) && this.seen.get(path) === undefined;
      if (isDone) continue;
      const stamp = await stampOf(path);
      if (stamp === undefined || stamp === this.seen.get(path)) continue;
      if (stamp === this.pending.get(path)) {
        ready.push(path);
        this.seen.set(path, stamp);
      } else pending.set(path, stamp);
    }
    this.pending = pending;
    return ready;
  }

  private async list(): Promise<readonly string[]> {
    try {
      return await listPictures(this.sources, { mayBeEmpty: true });
    } catch (error) {
      // A subfolder may be removed while it is read: the next poll reads again.
      if (error instanceof ArgumentError) return [];
      throw error;
    }
  }
}
