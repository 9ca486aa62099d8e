import { randomUUID } from 'node:crypto';
import { open, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LockTimes {
  /** How often a holder shows that it is alive. */
  readonly heartbeatMs: number;
  /** After how long without a heartbeat a lock is stale; many heartbeats, as a busy process misses some. */
  readonly staleMs: number;
  /** How often waiting processes check again. */
  readonly pollMs: number;
}

interface Holder {
  readonly host: string;
  readonly pid: number;
  readonly token: string;
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Empty if the lock is gone, or its holder hasn't written its name yet. */
async function holderOf(path: string): Promise<Partial<Holder>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>;
  } catch {
    return {};
  }
}

function isDead({ host, pid }: Partial<Holder>): boolean {
  if (host !== hostname() || pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

/** Watches a lock that another process holds. Uses its own clock, as a file server's may differ. */
class Watch {
  private seen = '';
  private since = 0;

  constructor(
    private readonly path: string,
    private readonly staleMs: number,
  ) {}

  async isStale(): Promise<boolean> {
    const signs = await stat(this.path).then(
      ({ ino, mtimeMs }) => `${ino} ${mtimeMs}`,
      () => '',
    );
    if (signs !== this.seen) [this.seen, this.since] = [signs, performance.now()];
    if (signs === '') return false;
    return performance.now() - this.since > this.staleMs || isDead(await holderOf(this.path));
  }
}

async function hold(path: string, handle: FileHandle, { heartbeatMs }: LockTimes) {
  const token = randomUUID();
  const holder: Holder = { host: hostname(), pid: process.pid, token };
  await handle.writeFile(JSON.stringify(holder));
  const heart = setInterval(() => {
    const now = new Date();
    // By handle, so that a lock that another process has taken over isn't kept alive.
    handle.utimes(now, now).catch(() => {
      clearInterval(heart);
    });
  }, heartbeatMs).unref();
  return async () => {
    clearInterval(heart);
    await handle.close();
    if ((await holderOf(path)).token === token) await rm(path, { force: true });
  };
}

/**
 * Acquires a lock file when it is free or its holder is dead. Two processes that find the same dead holder may both get it, so
 * use it to save work only, not for correctness.
 *
 * @returns a function that releases it
 * @throws the signal's reason, and the file system's error if no file can be created
 */
export async function acquireLock(
  path: string,
  times: LockTimes,
  signal?: AbortSignal,
): Promise<() => Promise<void>> {
  const watch = new Watch(path, times.staleMs);
  for (;;) {
    signal?.throwIfAborted();
    let handle: FileHandle;
    try {
      handle = await open(path, 'wx');
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      if (await watch.isStale()) await rm(path, { force: true });
      // The signal's reason is thrown above.
      else await sleep(times.pollMs, undefined, { signal }).catch(() => undefined);
      continue;
    }
    try {
      return await hold(path, handle, times);
    } catch (error) {
      await handle.close();
      await rm(path, { force: true });
      throw error;
    }
  }
}
