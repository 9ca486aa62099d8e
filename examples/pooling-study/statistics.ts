import { mean, median, sampleVariance } from 'simple-statistics';
import { randomBy } from '../../src/random.js';

/**
 * The probability that Student's t is within ±t (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4).
 *
 * @param df degrees of freedom, a whole number from 1 up
 */
export function within(t: number, df: number): number {
  const theta = Math.atan(Math.abs(t) / Math.sqrt(df));
  const [sin, cos] = [Math.sin(theta), Math.cos(theta)];
  const isOdd = df % 2 === 1;
  let term = isOdd ? cos : 1;
  let sum = isOdd && df === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k <= df - 2; k += 2) {
    term *= ((k - 1) / k) * cos ** 2;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (theta + sin * sum) : sin * sum;
}

/** The t that Student's t is within with this probability. */
export function quantile(probability: number, df: number): number {
  let [low, high] = [0, 1];
  while (within(high, df) < probability) high *= 2;
  // Halved until it no longer changes.
  for (let middle = high / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (within(middle, df) < probability) low = middle;
    else high = middle;
  }
  return high;
}

const ROUNDS = 20_000;
/** Of one drawn number: its bits, which are as good as numbers of their own and take a thirtieth of the time. */
const SIGNS = 30;
/** Sums of the same numbers in another order differ by rounding. */
const ROUNDING = 1e-9;

/**
 * The two-sided p of a paired permutation test: how often differences whose signs are drawn sum to as much as these do. If two heads
 * do equally well, a picture's difference is as often in favour of the one as of the other.
 */
export function signFlipTest(differences: readonly number[], rounds = ROUNDS): number {
  const random = randomBy(1);
  const observed = Math.abs(differences.reduce((sum, each) => sum + each, 0));
  const moving = differences.filter((each) => each !== 0);
  let as = 0;
  for (let round = 0; round < rounds; round++) {
    let [sum, bits] = [0, 0];
    for (const [i, each] of moving.entries()) {
      bits = i % SIGNS === 0 ? Math.floor(random() * 2 ** SIGNS) : bits >> 1;
      sum += (bits & 1) === 0 ? each : -each;
    }
    if (Math.abs(sum) >= observed - ROUNDING) as++;
  }
  // The observed signs are one of the draws, so that p is never zero.
  return (as + 1) / (rounds + 1);
}

/** Holm's correction for many tests at once: adjusted p, in the order given. */
export function holm(ps: readonly number[]): number[] {
  const order = [...ps.keys()].sort((a, b) => (ps[a] ?? 0) - (ps[b] ?? 0));
  const adjusted = [...ps];
  let least = 0;
  for (const [rank, index] of order.entries()) {
    least = Math.max(least, Math.min(1, (ps.length - rank) * (ps[index] ?? 0)));
    adjusted[index] = least;
  }
  return adjusted;
}

/** A mean with its 95 % interval, standard error and degrees of freedom. */
export interface Effect {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly error: number;
  readonly df: number;
}

/** The effect the other way round: of the second minus the first. */
export const negated = ({ mean: middle, low, high, ...rest }: Effect): Effect => ({
  ...rest,
  ...{ mean: -middle, low: -high, high: -low },
});

const LEVEL = 0.95;

/** An estimate with its 95 % interval. */
export type Estimate = Pick<Effect, 'mean' | 'low' | 'high'>;

/**
 * The median with the interval of the sign test (at least 95 %), which a few outliers, such as disturbed timings, don't move; NaN with
 * fewer than six values.
 */
export function medianWithin(values: readonly number[]): Estimate {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  // The probability that at most `outside` values are on one side of the median, and how many may be.
  let [chance, sum, outside] = [2 ** -count, 2 ** -count, 0];
  while (2 * sum <= 1 - LEVEL) {
    outside++;
    chance *= (count - outside + 1) / outside;
    sum += chance;
  }
  const [low, high] = outside === 0 ? [NaN, NaN] : [sorted.at(outside - 1), sorted.at(-outside)];
  return { mean: median(sorted), low: low ?? NaN, high: high ?? NaN };
}

/** The mean of a measure over seeds, with Student's interval. */
export function overSeeds(values: readonly number[]): Effect {
  return around(mean([...values]), Math.sqrt(varianceOfMean(values)), values.length - 1);
}

/**
 * The mean of differences that vary over seeds and over pictures: the sum of both variances of the mean, which counts the noise of
 * single answers twice.
 *
 * @param bySeed the mean difference of each seed
 * @param byPicture the mean difference of each picture
 */
export function overBoth(bySeed: readonly number[], byPicture: readonly number[]): Effect {
  const error = Math.sqrt(varianceOfMean(bySeed) + varianceOfMean(byPicture));
  return around(mean([...bySeed]), error, bySeed.length - 1);
}

const varianceOfMean = (values: readonly number[]): number =>
  values.length < 2 ? NaN : sampleVariance([...values]) / values.length;

function around(middle: number, error: number, df: number): Effect {
  const half = df < 1 ? NaN : quantile(LEVEL, df) * error;
  return { mean: middle, low: middle - half, high: middle + half, error, df };
}

/** The two-sided p of Student's t-test of an effect; below 0.05 if the interval leaves out zero. 1 with fewer than two seeds. */
export function pOf({ mean: middle, error, df }: Effect): number {
  if (df < 1) return 1;
  if (error === 0) return middle === 0 ? 1 : 0;
  return 1 - within(middle / error, df);
}

/** The probability that Student's t is below t. */
const below = (t: number, df: number): number => 0.5 * (1 + Math.sign(t) * within(t, df));

/** How sure a difference would be found, at a two-sided 5 %. */
export interface Power {
  /** The probability to find a true difference of so much. */
  readonly ofDifference: number;
  /** The difference that is found with a probability of 80 %. */
  readonly detectable: number;
}

const DETECTED = 0.8;

/**
 * The power of {@link pOf}, by Student's t around the true difference.
 *
 * @param tests of how many tests Bonferroni's correction is for, which is the first step of Holm's
 */
export function powerOf(
  { error, df }: Pick<Effect, 'error' | 'df'>,
  difference: number,
  tests = 1,
): Power {
  const critical = quantile(1 - (1 - LEVEL) / tests, df);
  const t = difference / error;
  return {
    ofDifference: below(t - critical, df) + below(-t - critical, df),
    detectable: (critical + quantile(2 * DETECTED - 1, df)) * error,
  };
}
