/**
 * The classes of one picture, as ascending indices; empty if it has none of them.
 *
 * Pictures with several labels are dictionary-encoded: each has one number, an index into a list of label sets. So a label is one
 * integer everywhere, and only the code that computes targets or counts classes looks the set up.
 */
export type LabelSet = readonly number[];

/** The classes of a label: those of its set, or the label itself if there are no sets. */
export const classesIn = (label: number, labelSets: readonly LabelSet[] | undefined): LabelSet =>
  labelSets === undefined ? [label] : (labelSets[label] ?? []);

/** The classes that occur among labels. */
export const classesAmong = (
  labelled: readonly { readonly label: number }[],
  labelSets?: readonly LabelSet[],
): Set<number> => new Set(labelled.flatMap(({ label }) => classesIn(label, labelSets)));

/** Numbers label sets in the order in which they first occur. */
export class LabelSets {
  readonly sets: LabelSet[] = [];
  private readonly numbers = new Map<string, number>();

  /** The number of a set, whose indices may come in any order and repeatedly. */
  numberOf(classes: Iterable<number>): number {
    const set = [...new Set(classes)].sort((a, b) => a - b);
    const key = set.join();
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.numbers.set(key, this.sets.length);
    return this.sets.push(set) - 1;
  }
}
