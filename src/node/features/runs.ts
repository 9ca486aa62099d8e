import { present } from '../../errors.js';

/** Consecutive rows of a file that are read. */
export interface Run {
  /** Index of the first row in the file. */
  readonly from: number;
  readonly count: number;
  /** Index that it has among the rows that are read. */
  readonly to: number;
}

/** Rows that are read at once: some runs, and what is between them. */
export interface Stretch {
  readonly from: number;
  readonly count: number;
  readonly runs: readonly Run[];
}

/** Cuts runs where groups of rows end. */
function* withinGroups(runs: readonly Run[], group: number): Generator<Run> {
  for (const { from, count, to } of runs) {
    for (let row = from; row < from + count;) {
      const some = Math.min(from + count - row, group - (row % group));
      yield { from: row, count: some, to: to + row - from };
      row += some;
    }
  }
}

/**
 * Joins runs that follow each other in a group with few rows between them, as reading these takes less time than another read.
 *
 * @param group number of rows of a group
 * @param gap most rows between two runs
 */
export function stretchesOf(runs: readonly Run[], group: number, gap: number): Stretch[] {
  const found: { from: number; count: number; runs: Run[] }[] = [];
  for (const run of withinGroups(runs, group)) {
    const last = found.at(-1);
    const between = last ? run.from - last.from - last.count : NaN;
    const isNear = between >= 0 && between <= gap;
    if (last && isNear && Math.floor(run.from / group) === Math.floor(last.from / group)) {
      last.count += between + run.count;
      last.runs.push(run);
    } else found.push({ from: run.from, count: run.count, runs: [run] });
  }
  return found;
}

/** Works on all of a list, on so many at a time. */
export async function eachOf<T>(
  list: readonly T[],
  most: number,
  work: (each: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < list.length) await work(present(list[next++], 'work'));
  };
  const workers = Array.from({ length: Math.min(most, list.length) }, worker);
  // All of them, so that nothing is still being read when this throws.
  for (const result of await Promise.allSettled(workers)) {
    if (result.status === 'rejected') throw result.reason;
  }
}
