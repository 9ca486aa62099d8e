/** The 97.5th percentile of the normal distribution, for an interval of 95 %. */
const Z = 1.959964;

/**
 * Wilson's 95 % interval of a share (Wilson 1927, doi 10.1080/01621459.1927.10502953), which holds for few pictures and for shares near 0
 * or 1, too.
 *
 * @param right how many of `total`, which is at least 1
 */
export function intervalOf(right: number, total: number): readonly [low: number, high: number] {
  const share = right / total;
  const weight = Z ** 2 / total;
  const middle = (share + weight / 2) / (1 + weight);
  const half = (Z / (1 + weight)) * Math.sqrt((share * (1 - share)) / total + weight / (4 * total));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
