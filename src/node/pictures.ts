import { extname, resolve } from 'node:path';
import { preprocess } from '../base/preprocess.js';
import { ArgumentError, reject } from '../errors.js';
import { classesOf } from '../pictures/classes.js';
import { partByLabel, pathsOf } from '../pictures/duplicates.js';
import type { FileSource } from '../pictures/files.js';
import type {
  Part,
  PartBatch,
  PictureSet,
  ReadOptions,
  WholeOptions,
  WholePart,
} from '../pictures/set.js';
import type { LabelledFile, LabelledPicture } from '../pictures/types.js';
import { shuffled } from '../random.js';
import { extractFiles } from './extract-files.js';
import { toPath } from './folder-files.js';
import { imageBatches } from './images/batches.js';
import { listCsv } from './images/csv.js';
import { hashImages } from './images/hash.js';
import { listFolder, listKnown, type Listing } from './images/layout.js';
import { partsOf } from './images/parts.js';
import { isWithin, placeOf, realPlace } from './write/place.js';

/** Throws if features would be written to the pictures' folder, where they would be taken for a class. */
export async function requireOutside(
  subject: 'cacheFolder' | 'out',
  folder: string | URL | undefined,
  place: string | undefined,
): Promise<void> {
  if (folder === undefined || place === undefined) return;
  const [own, pictures] = await Promise.all(
    [placeOf(subject, folder), place].map((path) => realPlace(path).catch(() => path)),
  );
  if (!isWithin(pictures ?? '', own ?? '')) return;
  reject(subject, 'a folder outside the pictures', String(folder), 'it would be taken for a class');
}

/** A part made from picture files. */
export function partOfFiles(files: readonly LabelledFile[], place?: string): Part {
  return {
    count: files.length,
    files,
    place,
    isRepeatable: true,
    only: (some) => partOfFiles(some, place),
    async features(backbone, options) {
      await requireOutside('cacheFolder', options.cacheFolder, place);
      return extractFiles(backbone, files, options);
    },
    async *batches({ inputSize: [height, width], preprocessing }, { seed, ...options }) {
      const order = seed === undefined ? undefined : shuffled(files.length, seed);
      const own = order ? Array.from(order).flatMap((i) => files[i] ?? []) : files;
      for await (const { pixels, images } of imageBatches(own, { ...options, height, width })) {
        const batch = { labels: images.map(({ label }) => label), files: images };
        try {
          yield { images: preprocess(pixels, preprocessing), ...batch } satisfies PartBatch;
        } finally {
          pixels.dispose();
        }
      }
    },
  };
}

function listPaths(list: readonly LabelledPicture[], named?: readonly string[]): Listing {
  const labels = list.map(({ label }) => label);
  const classes = classesOf(labels, named);
  const train = list.map(({ picture, label }) => ({
    path: toPath(picture as string | URL),
    label: classes.indexOf(label),
  }));
  const seen = new Set<string>();
  for (const { path } of train) {
    const place = resolve(path);
    if (seen.has(place)) reject('pictures', 'each file once', path);
    seen.add(place);
  }
  return { place: 'pictures', classes, train, held: undefined, unused: [] };
}

/** The path of a folder or a .csv file; undefined for a list. */
const pathIn = (source: FileSource): string | undefined =>
  typeof source === 'string' || source instanceof URL ? toPath(source) : undefined;

const isCsv = (path: string): boolean => extname(path).toLowerCase() === '.csv';

async function list(source: FileSource, named: readonly string[] | undefined): Promise<Listing> {
  if (typeof source !== 'string' && !(source instanceof URL)) return listPaths(source, named);
  const path = toPath(source);
  if (isCsv(path)) return listCsv(path, named);
  const listing = await listFolder(path);
  return named === undefined ? listing : ordered(listing, named);
}

/** Changes labels to the order of the given class names, which must be those of the folders. */
function ordered(listing: Listing, named: readonly string[]): Listing {
  const { classes, train, held } = listing;
  if ([...named].sort().join('\0') !== [...classes].sort().join('\0')) {
    reject('classes', `those of ${listing.place}: ${classes.join(', ')}`, named);
  }
  const known = classes.map((name) => named.indexOf(name));
  const relabel = (files: readonly LabelledFile[]) =>
    files.map((file) => ({ ...file, label: known[file.label] ?? -1 }));
  return {
    ...{ ...listing, classes: named, train: relabel(train) },
    held: held && { ...held, files: relabel(held.files) },
  };
}

/** Finds the pictures to train on and the pictures to validate on; see {@link partsOf}. */
export async function readPictureFiles(
  source: FileSource,
  { classes: named, validation, seed }: ReadOptions,
): Promise<PictureSet> {
  const listing = await list(source, named);
  const {
    classes,
    train,
    validation: held,
    duplicates,
  } = await partsOf(listing, {
    validation,
    seed,
  });
  return {
    ...{ classes, duplicates, unused: listing.unused },
    train: partOfFiles(train, pathIn(source)),
    validation: held.length === 0 ? undefined : partOfFiles(held, pathIn(source)),
  };
}

async function listToEvaluate(
  source: FileSource,
  known: readonly string[],
  { all = false }: WholeOptions,
): Promise<Listing> {
  if (typeof source !== 'string' && !(source instanceof URL)) return listPaths(source, known);
  const path = toPath(source);
  if (!isCsv(path)) return listKnown(path, known, all);
  const listing = await listCsv(path, known);
  const { train, held, tests = [] } = listing;
  const files = all ? [...train, ...(held?.files ?? [])] : (held?.files ?? train);
  return { ...listing, train: files.length > 0 ? files : tests };
}

/**
 * Finds the pictures to evaluate on. The same picture in two classes is left out.
 *
 * @param known the classes
 * @throws ArgumentError if there is another class, or every picture is in several classes
 */
export async function readKnownFiles(
  source: FileSource,
  known: readonly string[],
  options: WholeOptions = {},
): Promise<WholePart> {
  const { place, classes, train } = await listToEvaluate(source, known, options);
  const labels = classes.map((name) => known.indexOf(name));
  const unknown = classes.find((_, i) => labels[i] === -1);
  if (unknown !== undefined) {
    throw new ArgumentError(
      `${place}: expected folders of the classes ${known.join(', ')}, got "${unknown}"; pass a folder that contains no others`,
    );
  }
  const files = train.map((file) => ({ ...file, label: labels[file.label] ?? -1 }));
  const { unambiguous, ambiguous } = partByLabel(await hashImages(files));
  if (unambiguous.length === 0) {
    throw new ArgumentError(
      `${place}: expected pictures in one class only, got each in several; remove the copies`,
    );
  }
  return { part: partOfFiles(unambiguous, pathIn(source)), ambiguous: pathsOf(ambiguous) };
}
