import { present } from '../../errors.js';
import { type Figures, figuresOf, heldOf } from '../checkpoint.js';
import { MOST_FOLDS } from './folds.js';
import { type Linear, unscaled } from './loss.js';
import { type LinearTask, Problem } from './problem.js';
import { type Rows, rowsOf } from './rows.js';
import { scaleOf } from './scale.js';
import { requireFinite, searchStrength, type Strength, STRENGTHS, summaryOf } from './search.js';

export interface LinearFit {
  readonly layer: Linear;
  readonly l2: number;
  /** Empty if the strength was given. */
  readonly path: readonly Strength[];
  readonly figures: Figures;
}

/** The strength if there are no pictures to choose one on: one picture of a class, and none for validation. */
const UNCHOSEN = 0.01;
/** Tolerance of the gradient. */
export const FINE = 1e-7;

/**
 * Fits a linear layer by L-BFGS: multinomial logistic regression, or one binary regression per score for a sigmoid, with a
 * penalty on the squared weights of standardised features. There is no random start.
 *
 * @throws ArgumentError if a feature isn't finite, and the signal's reason if it aborts
 */
export async function fitLinear(task: LinearTask): Promise<LinearFit> {
  const { outputs, training, validation, classWeights, onFit } = task;
  const scores = task.l2 === undefined ? outputs * MOST_FOLDS : outputs;
  const scale = await scaleOf(training);
  for (const each of [...scale.mean, ...scale.inverse]) requireFinite('features', each);
  const rows = await rowsOf(training, scale, outputs, scores);
  let held: Rows | undefined;
  try {
    held = validation && (await rowsOf(validation, scale, outputs, scores));
    const rowWeights = Float32Array.from(training.labels, (label) => classWeights?.[label] ?? 1);
    const problem = new Problem(task, rows, rowWeights);
    const most = task.l2 === undefined ? STRENGTHS.length + 1 : 1;
    onFit(0, most);
    const found = task.l2 === undefined ? await searchStrength(problem, held) : undefined;
    const l2 = task.l2 ?? found?.best.l2 ?? UNCHOSEN;
    const start = found?.start ?? new Float64Array(problem.size);
    const all = problem.weightsOf(() => true);
    const [fit] = await problem.solve([start], [all], l2, FINE);
    const { at } = present(fit, 'fit');
    const trained = summaryOf(await problem.judge(at));
    requireFinite('features', trained.loss);
    const onHeld = held && summaryOf(await problem.judge(at, held));
    if (onHeld) requireFinite('validation', onHeld.loss);
    onFit(most, most);
    return {
      ...{ layer: unscaled(at, scale), l2, path: found?.path ?? [] },
      figures: figuresOf(trained, onHeld ?? (found && heldOf(found.best))),
    };
  } finally {
    rows.dispose();
    held?.dispose();
  }
}
