import { classesIn, type LabelSet, LabelSets } from '../../label-sets.js';
import { byContent, contentOf, pathsOf, requireOriginals } from '../../pictures/duplicates.js';
import { asksForShare, DEFAULT_SHARE } from '../../pictures/split.js';
import { splitByLabelSets } from '../../pictures/split-label-sets.js';
import { countsByClass } from '../../stratify.js';
import type { LabelledFile } from '../../pictures/types.js';
import type { Listing, Parts, PartsOptions } from './layout.js';

/**
 * Makes one picture of files with the same content, with the labels of all of them: a picture in several class folders has all
 * these labels.
 *
 * @param labelSets of the files' labels; undefined if these are classes
 * @param known new indices of the classes
 */
export function mergeCopies(
  all: readonly LabelledFile[],
  labelSets: readonly LabelSet[] | undefined,
  known?: readonly number[],
): { readonly files: readonly LabelledFile[]; readonly labelSets: readonly LabelSet[] } {
  const sets = new LabelSets();
  const indexOf = (label: number) => known?.[label] ?? label;
  const files = [...byContent(all).values()].flatMap(([first, ...copies]) => {
    if (first === undefined) return [];
    const classes = [first, ...copies].flatMap(({ label }) => classesIn(label, labelSets));
    return [{ ...first, label: sets.numberOf(classes.map(indexOf)) }];
  });
  return { files, labelSets: sets.sets };
}

/** Whether to hold out a fraction: by default, not if no class has two pictures. */
function isSplit(
  files: readonly LabelledFile[],
  labelSets: readonly LabelSet[],
  share: PartsOptions['validation'],
): boolean {
  const counts = countsByClass(files.map(({ label }) => classesIn(label, labelSets)));
  return asksForShare(share) && (share !== undefined || [...counts.values()].some((n) => n > 1));
}

/**
 * Splits pictures that can have several labels; see `partsOf`.
 *
 * @param files those of the listing, with hashes
 */
export function partsByLabelSets(
  { place, classes, train: listed, held, labelSets: known }: Listing,
  files: readonly LabelledFile[],
  { validation, seed }: PartsOptions,
): Parts {
  const inTraining = new Set(listed.map(({ path }) => path));
  const isHeld = ({ path }: LabelledFile) => !inTraining.has(path);
  const heldContents = new Set(files.filter(isHeld).map(contentOf));
  const { files: pictures, labelSets } = mergeCopies(files, known);
  const left = pictures.filter((file) => !heldContents.has(contentOf(file)));
  requireOriginals(place, classes, left, labelSets);
  if (held !== undefined) {
    const seen = [...byContent(files).values()].filter(
      (group) => new Set(group.map(isHeld)).size > 1,
    );
    const duplicates = { acrossClasses: [], acrossParts: pathsOf(seen) };
    const own = pictures.filter((file) => heldContents.has(contentOf(file)));
    return { classes, train: left, validation: own, labelSets, duplicates };
  }
  const sorted = [...left].sort((a, b) => (a.path < b.path ? -1 : 1));
  const share = typeof validation === 'number' ? validation : DEFAULT_SHARE;
  const parts = isSplit(left, labelSets, validation)
    ? splitByLabelSets(sorted, labelSets, { validation: share, seed })
    : { train: left, validation: [] };
  return { classes, ...parts, labelSets, duplicates: { acrossClasses: [], acrossParts: [] } };
}
