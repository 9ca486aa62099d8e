import { markdownTable } from 'markdown-table';
import { median } from 'simple-statistics';
import {
  compareHeads,
  type Comparison,
  comparisonsOf,
  differs,
  type Measure,
  type Place,
  placesOf,
  runsOf,
  type TaskRuns,
} from './comparisons.js';
import { HEADS, SHOWN_HEADS, type StudyHead } from './heads.js';
import type { Run } from './results.js';
import { type Effect, overSeeds, powerOf } from './statistics.js';

/** A task's runs, and what the page calls it. */
export interface TaskResults extends TaskRuns {
  readonly name: string;
  readonly title: string;
}

export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  left = 1,
): string {
  const align = header.map((_, i) => (i < left ? 'l' : 'r'));
  return markdownTable([header, ...rows], { align });
}

/** A share in percent, with a minus sign instead of a hyphen. */
export const percent = (share: number, digits = 1): string =>
  (100 * share)
    .toFixed(digits)
    .replace(/^-(0(\.0*)?)$/, '$1')
    .replace('-', '−');

export const signed = (text: string): string => (text.startsWith('−') ? text : `+${text}`);

/** A difference in points with its interval. */
export const points = ({ mean, low, high }: Effect): string =>
  `${signed(percent(mean))} (${signed(percent(low))} to ${signed(percent(high))})`;

/** A mean ± half of its interval, in percent. */
export const spread = ({ mean, high }: Effect): string =>
  `${percent(mean)} ± ${percent(high - mean)}`;

/** How a place is called: "20", "20, wrong labels", "all (142)". */
export const placeName = ({ size, condition }: Place, { pool }: TaskRuns): string =>
  `${size === 'all' ? `all (${pool.trainPerClass})` : size}${condition === 'noise' ? ', 20 % wrong labels' : ''}`;

/** The accuracy at the largest shifts. */
export const shiftedAccuracy = ({ rightShifted }: Run): number => {
  const all = rightShifted.flat();
  return all.filter(Boolean).length / all.length;
};

/** The heads that a task has runs of. */
const headsOf = ({ runs }: TaskRuns): readonly StudyHead[] =>
  HEADS.filter((head) => runs.some((run) => run.head === head));

const COLUMNS: readonly (readonly [string, (run: Run) => number])[] = [
  ['on test', (run) => run.accuracy],
  ['in training', (run) => run.trainAccuracy],
  ['gap', (run) => run.trainAccuracy - run.accuracy],
  ['lost by the largest shift', (run) => run.accuracy - shiftedAccuracy(run)],
  ['calibration error', (run) => run.calibrationBefore],
  ['with temperature', (run) => run.calibration],
];

const seeded = (runs: readonly Run[], of: (run: Run) => number): Effect => overSeeds(runs.map(of));

/** Accuracy and what goes with it, in percent, for each size and head; epochs of Adam and seconds of training (median). */
export function accuracyTable(task: TaskResults): string {
  const rows = placesOf(task.runs).flatMap((place) =>
    headsOf(task).map((head) => {
      const runs = runsOf(task.runs, head, place);
      const cells = COLUMNS.map(([, of]) => spread(seeded(runs, of)));
      const epochs = seeded(runs, (run) => run.epochs).mean;
      const seconds = median(runs.map((run) => run.seconds)).toFixed(1);
      const last = [epochs === 0 ? '' : epochs.toFixed(0), seconds];
      return [placeName(place, task), head, ...cells, ...last];
    }),
  );
  return table(
    ['per class', 'head', ...COLUMNS.map(([name]) => name), 'epochs', 'seconds'],
    rows,
    2,
  );
}

const pValue = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3));

const pairName = ([first, second]: readonly [StudyHead, StudyHead]) => `${first} − ${second}`;

/** Differences between heads in points. */
export function differenceTable(task: TaskResults, measure: Measure): string {
  const rows = compareHeads(task, measure).map((each) => [
    ...[placeName(each, task), pairName(each.pair), points(each.effect), pValue(each.p)],
    differs(each) ? 'beyond chance' : '',
  ]);
  return table(['per class', measure, 'points (95 % interval)', 'p', ''], rows, 2);
}

/** Accuracy on changed test pictures at the largest size, in percent. */
export function changeTable(task: TaskResults): string {
  const place = placesOf(task.runs)
    .filter(({ condition }) => condition === 'plain')
    .at(-1);
  if (place === undefined) return '';
  const [example] = task.runs;
  const names = Object.keys(example?.changed ?? {});
  const rows = headsOf(task).map((head) => {
    const runs = runsOf(task.runs, head, place);
    const cells = names.map((name) =>
      percent(seeded(runs, (run) => run.changed[name] ?? NaN).mean),
    );
    return [head, percent(seeded(runs, (run) => run.accuracy).mean), ...cells];
  });
  return table(['head', 'unchanged', ...names], rows);
}

/** Two points: what a difference in accuracy has to be to matter to most. */
const POINTS = 0.02;

/** What the comparisons of pooled and flattened heads could have found. */
export function powerTable(tasks: readonly TaskResults[]): string {
  const rows = tasks.flatMap((task) => {
    const tests = compareHeads(task, 'accuracy').length;
    return comparisonsOf(task, 'accuracy', ['pooled', 'flattened']).map((each): string[] => {
      const { ofDifference, detectable } = powerOf(each.effect, POINTS);
      const corrected = powerOf(each.effect, POINTS, tests);
      const shares = [ofDifference, corrected.ofDifference].map((one) => `${percent(one, 0)} %`);
      return [task.title, placeName(each, task), ...shares, percent(detectable)];
    });
  });
  const header = ['power for 2 points', 'with correction', 'points with a power of 80 %'];
  return table(['task', 'per class', ...header], rows, 2);
}

/** Accuracy on test pictures in percent, of all tasks. */
export function testTable(tasks: readonly TaskResults[]): string {
  const rows = tasks.flatMap((task) =>
    placesOf(task.runs).map((place) => {
      const cells = SHOWN_HEADS.map((head) =>
        spread(seeded(runsOf(task.runs, head, place), (run) => run.accuracy)),
      );
      return [task.title, placeName(place, task), ...cells];
    }),
  );
  return table(['task', 'per class', ...SHOWN_HEADS], rows, 2);
}

/** The pooled head against the flattened head in points, of all tasks: the figure's numbers. Positive ones are in favour of pooling. */
export function pairTable(tasks: readonly TaskResults[]): string {
  const cell = (one: Comparison | undefined) =>
    one ? `${points(one.effect)}${differs(one) ? ' *' : ''}` : '';
  const rows = tasks.flatMap((task) => {
    const shifts = comparisonsOf(task, 'lost by the largest shift', ['flattened', 'pooled']);
    return comparisonsOf(task, 'accuracy', ['pooled', 'flattened']).map((each, i) => [
      ...[task.title, placeName(each, task), cell(each), cell(shifts[i])],
    ]);
  });
  const header = ['accuracy, pooled − flattened', 'lost by the largest shift, flattened − pooled'];
  return table(['task', 'per class', ...header], rows, 2);
}
