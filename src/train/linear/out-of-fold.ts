import { present } from '../../errors.js';
import { MOST_FOLDS, type Folds } from './folds.js';
import { FINE } from './fit.js';
import { probabilitiesOf } from './loss.js';
import { type LinearTask, Problem } from './problem.js';
import { rowsOf } from './rows.js';
import { scaleOf } from './scale.js';
import { requireFinite, searchOnFolds, weightingsOf } from './search.js';

/**
 * The probabilities of pictures by cross-validation: those of each come from a fit without its fold. The strength of the penalty is
 * chosen on the same folds, unless it is given.
 *
 * @param isTrusted whether a picture is learned from; the others are only judged
 * @returns `[pictures, outputs]`; 0 for a picture in no fold
 * @throws ArgumentError if a feature isn't finite, and the signal's reason if it aborts
 */
export async function outOfFold(
  task: Omit<LinearTask, 'validation' | 'classWeights'>,
  folds: Folds,
  isTrusted: (picture: number) => boolean = () => true,
): Promise<Float32Array> {
  const { kind, outputs, training } = task;
  const { views = 1 } = training;
  const scale = await scaleOf(training);
  for (const each of [...scale.mean, ...scale.inverse]) requireFinite('features', each);
  const rows = await rowsOf(training, scale, outputs, outputs * MOST_FOLDS);
  try {
    const rowWeights = Float32Array.from(training.labels, (_, row) =>
      isTrusted(Math.floor(row / views)) ? 1 : 0,
    );
    const whole = { ...task, validation: undefined, classWeights: undefined };
    const problem = new Problem(whole, rows, rowWeights);
    const weightings = weightingsOf(problem, folds);
    // Wrong labels would ask for a strong penalty.
    const trusted = folds.of.map((fold, picture) => (isTrusted(picture) ? fold : -1));
    const found =
      task.l2 === undefined ? await searchOnFolds(problem, { ...folds, of: trusted }) : undefined;
    const starts = found?.ends ?? weightings.map(() => new Float64Array(problem.size));
    const l2 = task.l2 ?? present(found, 'search').best.l2;
    const fits = await problem.solve(starts, weightings, l2, FINE);
    const all = new Float32Array(folds.of.length * outputs);
    for (const [fold, { at }] of fits.entries()) {
      const own = await probabilitiesOf(kind, rows, at);
      folds.of.forEach((each, picture) => {
        // The first row of a picture is the picture itself.
        const row = picture * views * outputs;
        if (each === fold) all.set(own.subarray(row, row + outputs), picture * outputs);
      });
    }
    return all;
  } finally {
    rows.dispose();
  }
}
