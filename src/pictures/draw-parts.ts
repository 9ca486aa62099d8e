import { byContent, contentOf } from './duplicates.js';
import type { Validation } from './set.js';
import { asksForShare, DEFAULT_SHARE, type Split, splitByClass } from './split.js';
import type { LabelledFile } from './types.js';

/** Whether to hold out a fraction: by default, not if every class has only one picture. */
const isSplit = (files: readonly LabelledFile[], share: Validation | undefined): boolean =>
  asksForShare(share) &&
  (share !== undefined || new Set(files.map(({ label }) => label)).size < files.length);

/**
 * Holds out a fraction of each class, whatever the order of the list; copies of one picture stay together.
 *
 * @param validation the fraction; by default 0.2, unless every class has only one picture
 */
export function drawParts(
  files: readonly LabelledFile[],
  validation: Validation | undefined,
  seed: number | undefined,
): Split<LabelledFile> {
  if (!isSplit(files, validation)) return { train: files, validation: [] };
  const share = typeof validation === 'number' ? validation : DEFAULT_SHARE;
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const firsts = [...byContent(sorted).values()].flatMap((group) => group.slice(0, 1));
  const held = new Set(splitByClass(firsts, { validation: share, seed }).validation.map(contentOf));
  return {
    train: files.filter((file) => !held.has(contentOf(file))),
    validation: files.filter((file) => held.has(contentOf(file))),
  };
}
