import type { Int8Cost } from '../convert/int8/cost.js';
import { percent } from '../numbers.js';

const BYTES_PER_MB = 1e6;

/** A size in megabytes, to a tenth: `2.3 MB`. */
export const megabytes = (bytes: number): string => `${(bytes / BYTES_PER_MB).toFixed(1)} MB`;

/** What int8 costs, as a sentence. */
export function describeCost(
  { pictures, same, cosine, right }: Int8Cost,
  outputs: 'scores' | 'features',
): string {
  const share = (count: number) => percent(count / pictures);
  const accuracy =
    right && `accuracy ${share(right.int8)} in int8, ${share(right.float32)} in float32; `;
  return `On ${pictures} other pictures: ${accuracy ?? ''}the same answer for ${same}, mean cosine of the ${outputs} ${cosine.toFixed(4)}.`;
}

/** What is said if no pictures are left to measure the cost on. */
export const UNKNOWN_COST =
  'What int8 costs in accuracy is unknown: all pictures were used to calibrate; add more pictures.';
