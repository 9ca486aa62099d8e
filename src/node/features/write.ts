import { readdir } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import type { Backbone } from '../../backbone/backbone.js';
import { reject } from '../../errors.js';
import type { FeatureFiles } from '../../pictures/feature-files.js';
import type { FeatureOptions, PictureSet } from '../../pictures/set.js';
import type { FloatFormat } from '../../weights/formats/float-format.js';
import { requireSeparable, SEPARATOR } from '../images/label-text.js';
import { isFolder } from '../list-pictures.js';
import { requireOutside } from '../pictures.js';
import { factsOf, placeOf, realPlace, requireWritable, toldAsArgument } from '../write/place.js';
import { runJob } from './job.js';
import { localStore } from './local-store.js';
import { EXPECTED, requireFeatureNames } from './manifest.js';
import { openFolder } from './read.js';
import { divide, type Entry } from './source.js';

/**
 * Checks that features can be written to a folder.
 *
 * @returns the path without links
 * @throws ArgumentError if it has other files, or nothing can be written
 */
export async function requireFeatureFolder(folder: string | URL): Promise<string> {
  const place = placeOf('out', folder);
  return toldAsArgument(String(folder), 'folder', async () => {
    const path = await realPlace(place);
    const facts = await factsOf(path);
    if (facts?.isDirectory() === false) reject('out', EXPECTED, String(folder), 'this is a file');
    const names = facts ? await readdir(path) : [];
    // Hidden ones are what workers are writing, or what a file manager left.
    requireFeatureNames(names.filter((name) => !name.startsWith('.')));
    await requireWritable(`${path}${sep}x`);
    return path;
  });
}

/** What features' files call a picture: its path in the folder, with `/` between names; elsewhere its whole path. */
function nameIn(folder: string | undefined, path: string): string {
  const way = folder === undefined ? path : relative(folder, path);
  const isOutside = folder === undefined || way === '' || way.startsWith('..');
  return isOutside ? path : way.split(sep).join('/');
}

/** The folder that names of pictures are relative to. */
async function rootOf(place: string | undefined): Promise<string | undefined> {
  if (place === undefined) return undefined;
  return (await isFolder(place)) ? place : dirname(place);
}

/** Computes features and writes them to a folder, one file after the other; see {@link runJob}. */
export async function writeFeatures(
  out: string | URL,
  backbone: Backbone,
  { classes, train }: Pick<PictureSet, 'classes' | 'train'>,
  options: Omit<FeatureOptions, 'cacheFolder'> & { readonly dtype: FloatFormat },
): Promise<FeatureFiles> {
  await requireOutside('out', out, train.place);
  const folder = await requireFeatureFolder(out);
  const { files = [], labelSets } = train;
  if (labelSets) {
    requireSeparable('pictures', classes, 'files of features separate labels by it: rename it');
  }
  const root = await rootOf(train.place);
  const entries = files.map(({ path, label }): Entry => {
    const own = labelSets ? (labelSets[label] ?? []) : [label];
    const names = own.map((each) => classes[each] ?? '');
    return { path, name: nameIn(root, path), label: names.join(SEPARATOR) };
  });
  const source = await divide(entries, {}, { classes, multiLabel: labelSets !== undefined });
  await runJob(localStore(folder), backbone, source, options);
  return openFolder(folder);
}
