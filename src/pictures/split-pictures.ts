import type { LabelSet } from '../label-sets.js';
import { type HoldOut, type Labelled, type Split, splitByClass } from './split.js';

/** Splits pictures with one label each, or with label sets if there are any. */
export async function splitPictures<T extends Labelled>(
  all: readonly T[],
  options: HoldOut,
  labelSets: readonly LabelSet[] | undefined,
): Promise<Split<T>> {
  if (labelSets === undefined) return splitByClass(all, options);
  // Imported on demand: most pictures have one label.
  const { splitByLabelSets } = await import('./split-label-sets.js');
  return splitByLabelSets(all, labelSets, options);
}
