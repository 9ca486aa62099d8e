/** A picture whose label is probably wrong, by its index. */
export interface Suspicion {
  readonly index: number;
  /** Its label. */
  readonly label: number;
  /** The likeliest class. */
  readonly suggested: number;
  readonly probability: number;
  readonly suggestedProbability: number;
}

interface Judged {
  /** `[pictures, classes]`, each from a model that was not trained on the picture. */
  readonly probabilities: Float32Array;
  readonly labels: Int32Array;
  readonly classes: number;
}

/** The likeliest of some classes; undefined if there are none. */
function likeliestOf(scores: Float32Array, takes: (label: number) => boolean): number | undefined {
  let best: number | undefined;
  scores.forEach((score, label) => {
    if (takes(label) && (best === undefined || score > (scores[best] ?? 0))) best = label;
  });
  return best;
}

/**
 * Finds labels that are probably wrong, by confident learning (Northcutt, Jiang and Chuang, arXiv 1911.00068), pruned by class. A
 * class's threshold is the mean probability of the class for the pictures with its label. A picture counts for the likeliest of
 * the classes whose thresholds it reaches. The share of a label's pictures that count for another class is the share of its
 * labels that are wrong: so many are returned, those with the least probability of their label, unless that is the likeliest class.
 *
 * @param before found with other probabilities; these are returned as well, unless their label is now the likeliest class
 * @returns the least probable label first
 */
export function findSuspicious(
  { probabilities, labels, classes }: Judged,
  before: readonly Suspicion[] = [],
): Suspicion[] {
  const known = new Set(before.map(({ index }) => index));
  const scoresOf = (index: number) =>
    probabilities.subarray(index * classes, (index + 1) * classes);
  const members = Array.from({ length: classes }, (): Suspicion[] => []);
  labels.forEach((label, index) => {
    const scores = scoresOf(index);
    const suggested = likeliestOf(scores, () => true) ?? label;
    const [probability = 0, suggestedProbability = 0] = [scores[label], scores[suggested]];
    members[label]?.push({ index, label, suggested, probability, suggestedProbability });
  });
  const thresholds = members.map((own) =>
    // No picture counts for a class without any.
    own.length === 0 ? Infinity : own.reduce((sum, each) => sum + each.probability, 0) / own.length,
  );
  const suspicious = members.flatMap((own, label) => {
    let [right, counted] = [0, 0];
    for (const { index } of own) {
      const scores = scoresOf(index);
      const found = likeliestOf(scores, (each) => (scores[each] ?? 0) >= (thresholds[each] ?? 0));
      if (found === undefined) continue;
      counted++;
      if (found === label) right++;
    }
    const wrong = counted === 0 ? 0 : Math.round((own.length * (counted - right)) / counted);
    return own
      .sort((a, b) => a.probability - b.probability)
      .filter(
        ({ index, suggested }, rank) => suggested !== label && (rank < wrong || known.has(index)),
      );
  });
  return suspicious.sort((a, b) => a.probability - b.probability);
}
