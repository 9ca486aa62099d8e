import { drawCell, type Pool } from './draws.js';
import type { StudyHead } from './heads.js';
import type { Condition, Size } from './protocol.js';
import type { Run } from './results.js';
import { type Effect, holm, negated, overBoth, pOf, signFlipTest } from './statistics.js';

/** What is compared: with pooling and without it. Only the second pair differs in nothing else. */
export const PAIRS: readonly (readonly [StudyHead, StudyHead])[] = [
  ['pooled', 'flattened'],
  ['pooled MLP', 'flattened'],
  ['pooled', 'flattened, dropout'],
  ['pooled', 'dense map'],
];

/** What is tested picture by picture. */
export const MEASURES = ['accuracy', 'lost by the largest shift'] as const;
export type Measure = (typeof MEASURES)[number];

/** The runs of a task, and what its pictures are drawn by. */
export interface TaskRuns {
  readonly pool: Pool;
  readonly runs: readonly Run[];
}

/** Which runs are compared. */
export interface Place {
  readonly size: Size;
  readonly condition: Condition;
}

/** How one head does against another. */
export interface Comparison extends Place {
  readonly measure: Measure;
  readonly pair: readonly [StudyHead, StudyHead];
  /** The first minus the second, as a share. */
  readonly effect: Effect;
  /** The larger p of the two tests, corrected by Holm over the task's comparisons of this measure. */
  readonly p: number;
}

const LEVEL = 0.05;

/** Whether two heads differ on other pictures and with other draws. */
export const differs = ({ p }: Comparison): boolean => p < LEVEL;

const sumOf = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0);
const meanOf = (values: readonly number[]): number => sumOf(values) / values.length;

/** The runs of one head, by seed. */
export const runsOf = (
  runs: readonly Run[],
  head: StudyHead,
  { size, condition }: Place,
): readonly Run[] =>
  runs
    .filter((run) => run.head === head && run.size === size && run.condition === condition)
    .sort((a, b) => a.seed - b.seed);

/** A measure of each test picture; their mean is the run's. */
function perPicture({ right, rightShifted }: Run, measure: Measure): number[] {
  const own = right.map(Number);
  if (measure === 'accuracy') return own;
  return own.map((each, i) => each - meanOf(rightShifted.map((shifted) => Number(shifted[i]))));
}

function compare(
  { pool, runs }: TaskRuns,
  measure: Measure,
  place: Place,
  pair: Comparison['pair'],
): Comparison {
  const [first, second] = [runsOf(runs, pair[0], place), runsOf(runs, pair[1], place)];
  const bySeed: number[] = [];
  // Of each picture, or of each block: pictures of one person aren't independent of each other.
  const ofUnit = new Map<number, number[]>();
  for (const [i, run] of first.entries()) {
    const other = second[i];
    if (other?.seed !== run.seed) throw new Error(`${run.task}: expected the same seeds of a pair`);
    const [own, others] = [perPicture(run, measure), perPicture(other, measure)];
    const differences = own.map((value, at) => value - (others[at] ?? NaN));
    bySeed.push(meanOf(differences));
    const { test } = drawCell(pool, run);
    if (test.length !== own.length || others.length !== own.length) {
      throw new Error(
        `${run.task}: expected results of ${test.length} test pictures, got ${own.length} and ${others.length}`,
      );
    }
    test.forEach((picture, at) => {
      const unit = pool.blocks?.[picture] ?? picture;
      const known = ofUnit.get(unit) ?? [];
      known.push(differences[at] ?? NaN);
      ofUnit.set(unit, known);
    });
  }
  const units = [...ofUnit.values()];
  const effect = overBoth(bySeed, units.map(meanOf));
  // Sums: a picture that was tested with more seeds counts as often in the mean.
  const p = Math.max(signFlipTest(units.map(sumOf)), pOf(effect));
  return { measure, ...place, pair, effect, p };
}

/** All places that a task has runs of, small sizes first. */
export function placesOf(runs: readonly Run[]): Place[] {
  const known = new Map(
    runs.map(({ size, condition }) => [`${size}/${condition}`, { size, condition }]),
  );
  const rank = ({ size, condition }: Place) =>
    (size === 'all' ? Infinity : size) + (condition === 'plain' ? 0 : 0.5);
  return [...known.values()].sort((a, b) => rank(a) - rank(b));
}

/** What was compared before: the tests take a second, and several tables and claims want them. */
const known = new WeakMap<readonly Run[], Map<Measure, readonly Comparison[]>>();

/** All comparisons of a measure on a task, with p corrected for their number. */
export function compareHeads(task: TaskRuns, measure: Measure): readonly Comparison[] {
  const ofTask = known.get(task.runs) ?? new Map<Measure, readonly Comparison[]>();
  known.set(task.runs, ofTask);
  const found = ofTask.get(measure) ?? compareAll(task, measure);
  ofTask.set(measure, found);
  return found;
}

function compareAll(task: TaskRuns, measure: Measure): readonly Comparison[] {
  const uncorrected = placesOf(task.runs).flatMap((place) =>
    PAIRS.map((pair) => compare(task, measure, place, pair)),
  );
  const ps = holm(uncorrected.map(({ p }) => p));
  return uncorrected.map((each, i) => ({ ...each, p: ps[i] ?? 1 }));
}

/** The comparisons of one pair, in either order, at each size; without wrong labels. */
export function comparisonsOf(
  task: TaskRuns,
  measure: Measure,
  [first, second]: Comparison['pair'],
): readonly Comparison[] {
  const isOf = (one: StudyHead, other: StudyHead) => (each: Comparison) =>
    each.pair[0] === one && each.pair[1] === other && each.condition === 'plain';
  const all = compareHeads(task, measure);
  const reversed = all.filter(isOf(second, first)).map((each): Comparison => ({
    ...each,
    ...{ pair: [first, second], effect: negated(each.effect) },
  }));
  return [...all.filter(isOf(first, second)), ...reversed];
}
