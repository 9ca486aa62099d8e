import { reject, requireLabels } from '../errors.js';
import { type LabelSet, LabelSets } from '../label-sets.js';
import type { PartBatch } from './set.js';

/** Turns labels by name into numbers. */
export interface Numbering {
  readonly numberOf: (label: string | readonly string[]) => number;
  /** The classes of each number, if pictures can have several; the list grows with each new set. */
  readonly labelSets: readonly LabelSet[] | undefined;
}

/** Numbers labels by their class or, if a picture can have several, by their set. */
export function numbering(classes: readonly string[], multiLabel: boolean): Numbering {
  const indices = new Map(classes.map((name, index) => [name, index]));
  const indexOf = (name: string) => indices.get(name) ?? -1;
  if (!multiLabel) return { numberOf: (label) => indexOf(String(label)), labelSets: undefined };
  const sets = new LabelSets();
  return { numberOf: (label) => sets.numberOf([label].flat().map(indexOf)), labelSets: sets.sets };
}

/**
 * Numbers the label sets of a batch.
 *
 * @param labels lists of class indices, or single ones
 */
export function numberBatch(
  labels: unknown,
  images: number,
  classes: number,
): Pick<PartBatch, 'labels' | 'labelSets'> {
  const isList = Array.isArray(labels) && labels.some((each) => Array.isArray(each));
  if (!isList) requireLabels('batch.labels', labels, { images, classes });
  const lists = Array.from(labels as ArrayLike<unknown>);
  if (lists.length !== images) {
    reject('batch.labels', `a list of labels for each of ${images} images`, lists.length);
  }
  const sets = new LabelSets();
  const numbers = lists.map((each, i) => {
    const list = [each].flat();
    requireLabels(`batch.labels[${i}]`, list, { classes });
    return sets.numberOf(list as readonly number[]);
  });
  return { labels: numbers, labelSets: sets.sets };
}
