import { ArgumentError, reject, show } from '../../errors.js';
import {
  byContent,
  partByLabel,
  pathsOf,
  requireOriginals,
  requirePictureOfEach,
} from '../../pictures/duplicates.js';
import { drawParts } from '../../pictures/draw-parts.js';
import type { LabelledFile } from '../../pictures/types.js';
import { hashImages } from './hash.js';
import type { Listing, Parts, PartsOptions } from './layout.js';

/**
 * Splits pictures into training and validation pictures. They are compared by content: the same picture in two classes is left
 * out or, with `multiLabel`, has the labels of both; one in both training and validation is used for validation only.
 *
 * @throws ArgumentError if a class has no pictures left; PictureError if none of a class's files is a picture
 */
export async function partsOf(listing: Listing, options: PartsOptions): Promise<Parts> {
  const { train, held } = listing;
  requireOwnParts(listing, options.validation);
  return partsOfHashed(listing, await hashImages([...train, ...(held?.files ?? [])]), options);
}

/** Refuses a fraction to hold out of pictures that have a validation part. */
export function requireOwnParts(
  { place, held }: Listing,
  validation: PartsOptions['validation'],
): void {
  if (held !== undefined && validation === 'none') {
    const remedy = `it has ${show(held.name)} to validate on: pass the folder of one part`;
    reject('pictures', 'one part of a data set', place, remedy);
  }
  if (held !== undefined && validation !== undefined) {
    const name = show(held.name);
    reject(
      'validation',
      `none, as ${place} has ${name} to validate on`,
      validation,
      'leave it out',
    );
  }
}

/**
 * Does what {@link partsOf} does.
 *
 * @param files all those of the listing, with hashes
 */
export async function partsOfHashed(
  listing: Listing,
  files: readonly LabelledFile[],
  options: PartsOptions,
): Promise<Parts> {
  const { place, classes, train: listed, held, labelSets } = listing;
  const { validation, seed } = options;
  // Files that aren't pictures have been found by now.
  const isPicture = ({ sha256 }: LabelledFile) => sha256 !== undefined;
  requirePictureOfEach(classes, files, files.filter(isPicture), labelSets);
  if (options.multiLabel === true) {
    const { partsByLabelSets } = await import('./multi-label.js');
    return partsByLabelSets(listing, files, options);
  }
  const { unambiguous, ambiguous } = partByLabel(files);
  const acrossClasses = pathsOf(ambiguous);
  if (held === undefined) {
    // A class may have lost all its pictures.
    requireOriginals(place, classes, unambiguous);
    const parts =
      options.isAddition === true
        ? { train: unambiguous, validation: [] }
        : drawParts(unambiguous, validation, seed);
    return { classes, ...parts, duplicates: { acrossClasses, acrossParts: [] } };
  }
  const inTraining = new Set(listed.map(({ path }) => path));
  const isHeld = ({ path }: LabelledFile) => !inTraining.has(path);
  const seen = [...byContent(unambiguous).values()].filter(
    (group) => new Set(group.map(isHeld)).size > 1,
  );
  const copies = new Set(seen.flat());
  const train = unambiguous.filter((file) => !isHeld(file) && !copies.has(file));
  const kept = unambiguous.filter(isHeld);
  requireOriginals(place, classes, train);
  if (kept.length === 0) {
    throw new ArgumentError(
      `${place}: expected pictures to validate on, got only copies of pictures in several classes; remove the copies`,
    );
  }
  const duplicates = { acrossClasses, acrossParts: pathsOf(seen) };
  return { classes, train, validation: kept, duplicates };
}
