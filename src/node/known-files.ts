import { ArgumentError } from '../errors.js';
import type { LabelSet } from '../label-sets.js';
import { partByLabel, pathsOf } from '../pictures/duplicates.js';
import type { LabelledFile } from '../pictures/types.js';

/**
 * For each class of some pictures, its index among a classifier's.
 *
 * @throws ArgumentError if the classifier doesn't have it
 */
export function labelsAmong(
  place: string,
  classes: readonly string[],
  known: readonly string[],
): readonly number[] {
  const labels = classes.map((name) => known.indexOf(name));
  const unknown = classes.find((_, i) => labels[i] === -1);
  if (unknown === undefined) return labels;
  throw new ArgumentError(
    `${place}: expected folders of the classes ${known.join(', ')}, got "${unknown}"; pass a folder that contains no others`,
  );
}

/** Pictures to measure a classifier on, with its labels. */
interface Known {
  readonly files: readonly LabelledFile[];
  readonly labelSets?: readonly LabelSet[];
  readonly ambiguous: readonly (readonly string[])[];
}

interface KnownOptions {
  /** What {@link labelsAmong} returns. */
  readonly labels: readonly number[];
  readonly labelSets: readonly LabelSet[] | undefined;
  readonly multiLabel: boolean;
}

/**
 * Leaves out the same picture in two classes, unless pictures can have several labels.
 *
 * @param hashed all files, with hashes
 * @throws ArgumentError if every picture is in several classes
 */
export async function knownFiles(
  place: string,
  hashed: readonly LabelledFile[],
  { labels, labelSets, multiLabel }: KnownOptions,
): Promise<Known> {
  if (multiLabel) {
    const { mergeCopies } = await import('./images/multi-label.js');
    return { ...mergeCopies(hashed, labelSets, labels), ambiguous: [] };
  }
  const files = hashed.map((file) => ({ ...file, label: labels[file.label] ?? -1 }));
  const { unambiguous, ambiguous } = partByLabel(files);
  if (unambiguous.length === 0) {
    throw new ArgumentError(
      `${place}: expected pictures in one class only, got each in several; remove the copies`,
    );
  }
  return { files: unambiguous, ambiguous: pathsOf(ambiguous) };
}
