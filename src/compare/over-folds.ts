import { present } from '../errors.js';
import { intervalOf } from '../explain/interval.js';

/** A mean over the folds of a cross-validation, with its 95 % interval. */
export interface FoldMean {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** 97.5th percentiles of Student's t by degrees of freedom, from 1: scipy.stats.t.ppf(0.975, df). */
const T = [12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216];

/** The largest number of folds that {@link overFolds} has a percentile for. */
export const MOST_FOLDS = T.length + 1;

/**
 * The mean of a measure over folds with the interval of the corrected resampled t-test (Nadeau and Bengio 2003, doi
 * 10.1023/A:1024068626366): the folds' training sets overlap, so that their results vary less than those of new pictures would.
 *
 * @param values of 2 to 10 folds
 */
export function overFolds(values: readonly number[]): FoldMean {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  // Pictures that are held out, divided by those that are trained on.
  const ratio = 1 / (count - 1);
  const half = present(T[count - 2], 'percentile') * Math.sqrt((1 / count + ratio) * variance);
  return { mean, low: mean - half, high: mean + half };
}

/** An interval without what lies outside of two limits. */
export const within = ({ mean, low, high }: FoldMean, least: number, most: number): FoldMean => ({
  mean,
  low: Math.max(least, low),
  high: Math.min(most, high),
});

/** An accuracy over all pictures, with Wilson's interval. */
function overPictures(values: readonly number[], sizes: readonly number[]) {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const right = values.reduce((sum, value, fold) => sum + value * (sizes[fold] ?? 0), 0);
  return { share: right / total, interval: intervalOf(right, total) };
}

const wider = (mean: FoldMean, [low, high]: readonly [number, number]): FoldMean => ({
  mean: mean.mean,
  low: Math.min(mean.low, low),
  high: Math.max(mean.high, high),
});

/**
 * The interval of the difference of two accuracies on the same folds: {@link overFolds}, or Newcombe's over all pictures (1998, doi
 * 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, method 10) where that is wider.
 *
 * @param values of each fold, of both
 * @param sizes how many pictures each fold has
 */
export function differenceOver(
  values: readonly (readonly [number, number])[],
  sizes: readonly number[],
): FoldMean {
  const [first, second] = [0, 1].map((side) => {
    const { share, interval } = overPictures(
      values.map((both) => both[side] ?? NaN),
      sizes,
    );
    return { share, below: share - interval[0], above: interval[1] - share };
  });
  const { share: a, below, above } = present(first, 'accuracy');
  const { share: b, ...other } = present(second, 'accuracy');
  const newcombe = [
    a - b - Math.hypot(below, other.above),
    a - b + Math.hypot(above, other.below),
  ] as const;
  return within(wider(overFolds(values.map(([own, others]) => own - others)), newcombe), -1, 1);
}

/**
 * The interval of an accuracy: {@link overFolds}, within 0 and 1, or Wilson's over all pictures where that is wider, as it is if
 * the folds happen to agree.
 *
 * @param values accuracy on each fold
 * @param sizes how many pictures each has
 */
export function accuracyOver(values: readonly number[], sizes: readonly number[]): FoldMean {
  return within(wider(overFolds(values), overPictures(values, sizes).interval), 0, 1);
}
