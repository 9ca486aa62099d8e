/** Times of several runs, in milliseconds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Summarises the times of several runs. In a file without TensorFlow.js, for the doctor. */
export function spread(milliseconds: readonly number[]): Spread {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? NaN;
  const half = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}
