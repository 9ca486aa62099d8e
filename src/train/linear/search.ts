import { ArgumentError, present } from '../../errors.js';
import { type Figures, figuresOf } from '../checkpoint.js';
import { labelsOfPictures } from '../without-views.js';
import { type Folds, foldsOf } from './folds.js';
import type { Verdicts } from './loss.js';
import { meanOf, type Problem } from './problem.js';
import type { Rows } from './rows.js';
import { SMALLEST_VALIDATION } from './smallest-validation.js';

/** A strength of L2 that was tried, and what came of it. */
export interface Strength extends Figures {
  readonly l2: number;
}

/** Half decades from strong to weak: of these, the best on MobileNet's features of three tasks is 0.3 to 0.0001. */
export const STRENGTHS = Array.from({ length: 13 }, (_, i) => 10 ** (-i / 2));
/** The search ends after so many strengths without a lower loss: a decade and a half. */
const PATIENCE = 3;
/** A weaker penalty has to lower the loss by more than this; smaller differences are noise with any number of pictures. */
const GAIN = 1e-3;
/**
 * Tolerance of the gradient while strengths are compared: this times the root of the strength, as the weaker the penalty, the
 * further from the optimum is a point with a given gradient.
 */
const ROUGH = 1e-3;
const roughly = (l2: number): number => ROUGH * Math.sqrt(l2);

/** The strengths that were tried, from strong to weak, the best one, its weights, and weights to start its final fit from. */
export interface Search {
  readonly path: readonly Strength[];
  readonly best: Strength;
  readonly ends: readonly Float64Array[];
  readonly start: Float64Array;
}

/** Goes from strong to weak penalties, each fit starting where the last one ended, until the validation loss has risen for long. */
async function search(
  { task }: Problem,
  starts: readonly Float64Array[],
  attempt: (
    starts: readonly Float64Array[],
    l2: number,
  ) => Promise<{ readonly ends: readonly Float64Array[]; readonly figures: Figures }>,
): Promise<Search> {
  const path: Strength[] = [];
  let best: { readonly strength: Strength; readonly ends: readonly Float64Array[] } | undefined;
  let latest = starts;
  for (const l2 of STRENGTHS) {
    const { ends, figures } = await attempt(latest, l2);
    const strength = { l2, ...figures };
    path.push(strength);
    task.onFit(path.length, STRENGTHS.length + 1);
    latest = ends;
    const loss = present(figures.validationLoss, 'validation loss');
    requireFinite('validation', loss);
    if (best === undefined || loss < (best.strength.validationLoss ?? 0) - GAIN) {
      best = { strength, ends };
    }
    if (path.length - 1 - path.indexOf(best.strength) >= PATIENCE) break;
  }
  const { strength, ends } = present(best, 'best strength');
  // The mean of the folds' weights is near the weights for all rows.
  const start = present(ends[0], 'weights').map((_, i) => meanOf(ends.map((end) => end[i] ?? 0)));
  return { path, best: strength, ends, start };
}

/** Checks a mean loss. */
export function requireFinite(subject: string, loss: number): void {
  if (Number.isFinite(loss)) return;
  throw new ArgumentError(
    `${subject}: expected finite numbers whose squares don't overflow, got others; check the pictures and the weights of the backbone`,
  );
}

/** Mean loss and accuracy. */
export const summaryOf = ({ losses, right }: Verdicts): Pick<Figures, 'loss' | 'accuracy'> => ({
  loss: meanOf(losses),
  accuracy: meanOf(right),
});

function searchOnValidation(problem: Problem, held: Rows): Promise<Search> {
  const all = problem.weightsOf(() => true);
  return search(problem, [new Float64Array(problem.size)], async (starts, l2) => {
    const ends = await problem.solve(starts, [all], l2, roughly(l2));
    const { at } = present(ends[0], 'fit');
    const trained = summaryOf(await problem.judge(at));
    const figures = figuresOf(trained, summaryOf(await problem.judge(at, held)));
    return { ends: [at], figures };
  });
}

/** The verdicts of each fold's fit on the pictures that are in the fold, or on all others. */
function collect(verdicts: readonly Verdicts[], folds: Int32Array, isHeld: boolean): Verdicts {
  const losses: number[] = [];
  const right: number[] = [];
  for (const [fold, own] of verdicts.entries()) {
    for (let picture = 0; picture < folds.length; picture++) {
      if ((folds[picture] === fold) !== isHeld) continue;
      losses.push(present(own.losses[picture], 'loss'));
      right.push(present(own.right[picture], 'verdict'));
    }
  }
  return { losses: Float32Array.from(losses), right: Uint8Array.from(right) };
}

/** For each fold, the weights of the rows that are not in it. */
export function weightingsOf(problem: Problem, { of, count }: Folds): Float32Array[] {
  const { views = 1 } = problem.rows;
  // The views of a picture are in its fold: learned from one, the others would be known.
  const foldOf = (row: number) => of[Math.floor(row / views)];
  return Array.from({ length: count }, (_, fold) =>
    problem.weightsOf((row) => foldOf(row) !== fold),
  );
}

/** Chooses a strength by cross-validation. */
export function searchOnFolds(problem: Problem, folds: Folds): Promise<Search> {
  const { of } = folds;
  const weightings = weightingsOf(problem, folds);
  const starts = weightings.map(() => new Float64Array(problem.size));
  return search(problem, starts, async (before, l2) => {
    const solved = await problem.solve(before, weightings, l2, roughly(l2));
    const ends = solved.map(({ at }) => at);
    const verdicts: Verdicts[] = [];
    for (const end of ends) verdicts.push(await problem.judge(end));
    const part = (isHeld: boolean) => summaryOf(collect(verdicts, of, isHeld));
    return { ends, figures: figuresOf(part(false), part(true)) };
  });
}

/** Whether a validation set chooses a strength as well as cross-validation does. */
const isLarge = (held: Rows): boolean => held.labels.length >= SMALLEST_VALIDATION;

/**
 * Chooses a strength: on validation pictures if there are enough, otherwise by cross-validation.
 *
 * @returns undefined if there are no validation pictures and a class has a single picture
 */
export async function searchStrength(
  problem: Problem,
  held: Rows | undefined,
): Promise<Search | undefined> {
  if (held && isLarge(held)) return searchOnValidation(problem, held);
  const { labels, labelSets } = labelsOfPictures(problem.rows);
  const folds = foldsOf(labels, problem.task.seed, labelSets);
  if (folds) return searchOnFolds(problem, folds);
  return held && searchOnValidation(problem, held);
}
