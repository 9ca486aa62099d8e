import { mean, sampleStandardDeviation } from 'simple-statistics';
import { randomBy } from '../../src/random.js';

/** Student's t at 97.5 % for 1, 2, … degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.2). */
const T_975: readonly number[] = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
];

export interface Interval {
  readonly mean: number;
  /** Half of the 95 % interval's width. */
  readonly margin: number;
}

/**
 * Mean and 95 % interval by Student's t, over seeds: what another draw of pictures and weights would change.
 *
 * @throws Error where there are fewer than 2 values, or more than 11
 */
export function interval(values: readonly number[]): Interval {
  const t = T_975[values.length - 2];
  if (t === undefined) {
    throw new Error(`values: expected 2 to ${T_975.length + 1}, got ${values.length}`);
  }
  const list = [...values];
  return {
    mean: mean(list),
    margin: (t * sampleStandardDeviation(list)) / Math.sqrt(list.length),
  };
}

const ROUNDS = 20_000;
/** Of one drawn number: its bits, which are as good as numbers of their own and take a thirtieth of the time. */
const SIGNS = 30;
/** Sums of the same numbers in another order differ by rounding. */
const ROUNDING = 1e-9;

/**
 * The two-sided p of a paired permutation test: how often differences whose signs are drawn sum to as much as
 * these do. Where two heads do alike, a picture's difference is as often the one's as the other's.
 *
 * @param differences one for each picture, a mean over seeds
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
