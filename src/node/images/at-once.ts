import { availableParallelism } from 'node:os';

/**
 * Maps a list, until told to stop; keeps the order.
 *
 * @param atOnce how many are made at a time. @default as many as there are cores
 */
export async function forEach<T, R>(
  all: readonly T[],
  isStopped: () => boolean,
  make: (each: T) => Promise<R>,
  atOnce: number = availableParallelism(),
): Promise<readonly R[]> {
  const made: R[] = [];
  const queue = all.entries();
  const work = async () => {
    for (const [i, each] of queue) {
      if (isStopped()) return;
      made[i] = await make(each);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return made;
}
