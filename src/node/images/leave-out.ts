import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ArgumentError, show } from '../../errors.js';
import { classesAmong } from '../../label-sets.js';
import type { LabelledFile } from '../../pictures/types.js';
import { toPath } from '../folder-files.js';
import type { Listing } from './layout.js';

/** Returns a function that resolves a path: the folder of a file without links, asked for once, and its name. */
function placing(): (path: string) => Promise<string> {
  const folders = new Map<string, Promise<string>>();
  return async (path) => {
    const folder = dirname(resolve(path));
    const known = folders.get(folder) ?? realpath(folder).catch(() => folder);
    folders.set(folder, known);
    return join(await known, basename(path));
  };
}

/**
 * Leaves pictures out of a listing.
 *
 * @throws ArgumentError if one isn't in the listing, or a class or the validation part would have none left
 */
export async function leaveOut(
  listing: Listing,
  exclude: readonly (string | URL)[] = [],
): Promise<Listing> {
  if (exclude.length === 0) return listing;
  const { place, classes, train, held, labelSets } = listing;
  const placeOf = placing();
  const unwanted = new Map<string, string>();
  for (const each of exclude) unwanted.set(await placeOf(toPath(each)), toPath(each));
  const found = new Map<string, LabelledFile>();
  const rest = async (files: readonly LabelledFile[]) => {
    const kept: LabelledFile[] = [];
    for (const file of files) {
      const own = await placeOf(file.path);
      if (unwanted.has(own)) found.set(own, file);
      else kept.push(file);
    }
    return kept;
  };
  const [kept, heldKept] = [await rest(train), held && (await rest(held.files))];
  const unknown = [...unwanted].filter(([own]) => !found.has(own));
  if (unknown[0] !== undefined) {
    const more = unknown.length === 1 ? '' : ` and ${unknown.length - 1} more`;
    throw new ArgumentError(
      `exclude: expected paths of pictures of ${place}, got ${show(unknown[0][1])}${more}, which it doesn't have; remove what isn't among the pictures from the list, or train without it if they were moved away`,
    );
  }
  const left = classesAmong(kept, labelSets);
  const empty = classes.find(
    (_, label) => !left.has(label) && classesAmong(train, labelSets).has(label),
  );
  if (empty !== undefined || heldKept?.length === 0) {
    const all = empty === undefined ? `all of ${show(held?.name)}` : `all of ${show(empty)}`;
    throw new ArgumentError(
      `exclude: expected to leave pictures to train on in each class, and pictures to validate on if there were any, got ${all}; shorten the list`,
    );
  }
  return {
    ...listing,
    excluded: [...found.values()],
    train: kept,
    held: held && { ...held, files: heldKept ?? [] },
  };
}
