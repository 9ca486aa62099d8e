import type { StudyHead } from './heads.js';
import type { Run, StudyResults } from './results.js';
import { holm, interval, type Interval, signFlipTest } from './statistics.js';

/** With pooling and without it; the second pair differs in nothing else. */
export const PAIRS: readonly (readonly [StudyHead, StudyHead])[] = [
  ['pooled', 'flattened'],
  ['pooled MLP', 'flattened'],
  ['pooled', 'flattened, dropout'],
  ['pooled', 'dense map'],
  ['pooled', 'pooled MLP'],
];

/** What is tested picture by picture. */
export const MEASURES = ['accuracy', 'loss by shift'] as const;
export type Measure = (typeof MEASURES)[number];

/** How one head does against another, over all seeds. */
export interface Comparison {
  readonly measure: Measure;
  readonly size: number;
  readonly pair: readonly [StudyHead, StudyHead];
  /** The first less the second, with its interval over seeds. */
  readonly difference: Interval;
  /** Of the sign-flip test over pictures, corrected by Holm over all comparisons of a measure. */
  readonly p: number;
}

/** The runs of one head at one size, by seed. */
export const runsOf = ({ runs }: StudyResults, head: StudyHead, size: number): Run[] =>
  runs.filter((run) => run.head === head && run.size === size).sort((a, b) => a.seed - b.seed);

/** A run's shifts furthest to either side. */
export function furthest({ shifts }: Run): Run['shifts'] {
  const most = Math.max(...shifts.map(({ shift }) => Math.abs(shift)));
  return shifts.filter(({ shift }) => Math.abs(shift) === most);
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;

/** Accuracy at the furthest shifts, to either side, on average. */
export const shiftedAccuracy = (run: Run): number =>
  meanOf(furthest(run).map(({ accuracy }) => accuracy));

/** The part of the accuracy that the furthest shifts cost. */
export const relativeLoss = (run: Run): number => 1 - shiftedAccuracy(run) / run.testAccuracy;

const rightOf = (text: string): number[] => Array.from(text, Number);

/** A measure of a run, a value for each test picture; their mean is the run's. */
function perPicture(run: Run, measure: Measure): number[] {
  const right = rightOf(run.shifts.find(({ shift }) => shift === 0)?.right ?? '');
  if (measure === 'accuracy') return right;
  const shifted = furthest(run).map((each) => rightOf(each.right));
  return right.map((each, i) => each - meanOf(shifted.map((bits) => bits[i] ?? 0)));
}

function compare(
  results: StudyResults,
  measure: Measure,
  size: number,
  pair: Comparison['pair'],
): Comparison {
  const [first, second] = pair.map((head) =>
    runsOf(results, head, size).map((run) => perPicture(run, measure)),
  );
  // Of each seed, the difference for each picture: both heads had the same pictures to train on.
  const differences = (first ?? []).map((values, s) =>
    values.map((value, i) => value - (second?.[s]?.[i] ?? NaN)),
  );
  const pictures = differences[0] ?? [];
  return {
    measure,
    size,
    pair,
    difference: interval(differences.map(meanOf)),
    p: signFlipTest(pictures.map((_, i) => meanOf(differences.map((each) => each[i] ?? NaN)))),
  };
}

/** What {@link compareHeadsBy} has found: 15 tests of 20,000 draws take seconds, and several tables want them. */
const found = new WeakMap<StudyResults, Map<Measure, readonly Comparison[]>>();

/** All comparisons of a measure, their p corrected for their number. */
export function compareHeadsBy(results: StudyResults, measure: Measure): readonly Comparison[] {
  const known = found.get(results)?.get(measure);
  if (known !== undefined) return known;
  const uncorrected = results.protocol.sizes.flatMap((size) =>
    PAIRS.map((pair) => compare(results, measure, size, pair)),
  );
  const ps = holm(uncorrected.map(({ p }) => p));
  const comparisons = uncorrected.map((each, i) => ({ ...each, p: ps[i] ?? 1 }));
  found.set(results, new Map(found.get(results)).set(measure, comparisons));
  return comparisons;
}

const LEVEL = 0.05;

/** Whether it holds for other pictures, by the test, and for other draws of training, by the interval. */
export const differs = ({ difference: { mean, margin }, p }: Comparison): boolean =>
  p < LEVEL && Math.abs(mean) > margin;
