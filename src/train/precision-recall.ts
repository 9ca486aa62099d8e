/** The indices of scores, highest first. */
const ranked = (scores: readonly number[]): number[] =>
  [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));

/** A threshold, and the images that it finds. */
export interface Cut {
  /** The lowest probability that is found. */
  readonly score: number;
  /** How many images are found, and how many of them have the label. */
  readonly found: number;
  readonly right: number;
}

/** The cuts between different probabilities, from high to low. */
export function cutsOf(scores: readonly number[], isPositive: readonly boolean[]): Cut[] {
  const cuts: Cut[] = [];
  let right = 0;
  for (const [found, image] of ranked(scores).entries()) {
    if (isPositive[image] === true) right++;
    const cut = { score: scores[image] ?? 0, found: found + 1, right };
    // Images of equal probability are found together.
    if (cuts.at(-1)?.score === cut.score) cuts.pop();
    cuts.push(cut);
  }
  return cuts;
}
