import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether a process is alive, as far as this user may know. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Does something while no other process may write into a folder. The lock of a process that was killed is taken over.
 *
 * @throws Error if another process has it
 */
export async function withFolder(folder: string, work: () => Promise<void>): Promise<void> {
  const file = join(folder, '.lock');
  const lock = () => writeFile(file, String(process.pid), { flag: 'wx' });
  try {
    await lock();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const text = await readFile(file, 'utf8');
    const pid = Number(text);
    if (!(pid > 0)) {
      throw new Error(
        `${file}: expected the number of a process, got "${text}"; remove it if no other process writes there`,
        { cause: error },
      );
    }
    if (isAlive(pid)) {
      throw new Error(
        `${folder}: process ${pid} writes its results there; wait, or choose another --out`,
        { cause: error },
      );
    }
    await rm(file);
    await lock();
  }
  try {
    await work();
  } finally {
    await rm(file, { force: true });
  }
}
