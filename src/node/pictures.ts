import { extname, resolve } from 'node:path';
import { reject } from '../errors.js';
import type { LabelSet } from '../label-sets.js';
import { classesOf } from '../pictures/classes.js';
import { numbering } from '../pictures/multi-label.js';
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
import { imagesOfViews } from '../pictures/view-images.js';
import { shuffled } from '../random.js';
import { extractChunks, extractFiles } from './extract-files.js';
import { toPath } from './folder-files.js';
import { imageBatches } from './images/batches.js';
import { listCsv } from './images/csv.js';
import { hashImages } from './images/hash.js';
import { leaveOut } from './images/leave-out.js';
import { listFolder, listKnown, type Listing } from './images/layout.js';
import { partsOf } from './images/parts.js';
import { knownFiles, labelsAmong } from './known-files.js';
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
export function partOfFiles(
  files: readonly LabelledFile[],
  place?: string,
  labelSets?: readonly LabelSet[],
): Part {
  return {
    count: files.length,
    ...{ files, place, labelSets },
    isRepeatable: true,
    only: (some) => partOfFiles(some, place, labelSets),
    async *chunks(backbone, options, chunkOf) {
      await requireOutside('cacheFolder', options.cacheFolder, place);
      yield* extractChunks(backbone, files, options, chunkOf);
    },
    async features(backbone, options) {
      await requireOutside('cacheFolder', options.cacheFolder, place);
      const features = await extractFiles(backbone, files, options);
      return labelSets === undefined ? features : { ...features, labelSets };
    },
    async *batches({ inputSize: [height, width], preprocessing }, { seed, ...options }) {
      const order = seed === undefined ? undefined : shuffled(files.length, seed);
      const own = order ? Array.from(order).flatMap((i) => files[i] ?? []) : files;
      for await (const { pixels, images: files } of imageBatches(own, {
        ...{ ...options, height, width },
      })) {
        const batch = { labels: files.map(({ label }) => label), labelSets, files };
        try {
          for await (const images of imagesOfViews(pixels, options.views, preprocessing)) {
            yield { images, ...batch } satisfies PartBatch;
          }
        } finally {
          pixels.dispose();
        }
      }
    },
  };
}

function listPaths(
  list: readonly LabelledPicture[],
  named: readonly string[] | undefined,
  multiLabel: boolean,
  least?: number,
): Listing {
  const classes = classesOf(
    list.flatMap(({ label }) => label),
    named,
    least,
  );
  const { numberOf, labelSets } = numbering(classes, multiLabel);
  const train = list.map(({ picture, label }) => ({
    path: toPath(picture as string | URL),
    label: numberOf(label),
  }));
  const seen = new Set<string>();
  for (const { path } of train) {
    const place = resolve(path);
    if (seen.has(place)) reject('pictures', 'each file once', path);
    seen.add(place);
  }
  return {
    place: 'pictures',
    classes,
    train,
    labelSets,
    held: undefined,
    unused: [],
  };
}

/** The path of a folder or a .csv file; undefined for a list. */
const pathIn = (source: FileSource): string | undefined =>
  typeof source === 'string' || source instanceof URL ? toPath(source) : undefined;

const isCsv = (path: string): boolean => extname(path).toLowerCase() === '.csv';

async function list(
  source: FileSource,
  { classes: named, multiLabel = false, isAddition = false }: ReadOptions,
): Promise<Listing> {
  const least = isAddition ? 1 : 2;
  if (typeof source !== 'string' && !(source instanceof URL)) {
    return listPaths(source, named, multiLabel, least);
  }
  const path = toPath(source);
  if (isCsv(path)) return listCsv(path, named, multiLabel, least);
  const listing = await listFolder(path, least);
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

/** The validation pictures among the others. */
const joined = (listing: Listing): Listing => ({
  ...listing,
  train: [...listing.train, ...(listing.held?.files ?? [])],
  held: undefined,
});

/** Finds the pictures to train on and the pictures to validate on; see {@link partsOf}. */
export async function readPictureFiles(
  source: FileSource,
  options: ReadOptions,
): Promise<PictureSet> {
  const { exclude, validation } = options;
  const listed = await leaveOut(await list(source, options), exclude);
  const listing = validation === 'joined' ? joined(listed) : listed;
  const {
    classes,
    train,
    validation: held,
    duplicates,
    labelSets,
  } = await partsOf(listing, options);
  const part = (files: readonly LabelledFile[]) => partOfFiles(files, pathIn(source), labelSets);
  return {
    ...{ classes, duplicates, unused: listing.unused },
    excluded: await hashImages(listing.excluded ?? []),
    train: part(train),
    validation: held.length === 0 ? undefined : part(held),
  };
}

async function listToEvaluate(
  source: FileSource,
  known: readonly string[],
  { all = false, multiLabel = false }: WholeOptions,
): Promise<Listing> {
  if (typeof source !== 'string' && !(source instanceof URL)) {
    return listPaths(source, known, multiLabel);
  }
  const path = toPath(source);
  if (!isCsv(path)) return listKnown(path, known, all);
  const listing = await listCsv(path, known, multiLabel);
  const { train, held, tests = [] } = listing;
  const files = all ? [...train, ...(held?.files ?? [])] : (held?.files ?? train);
  return { ...listing, train: files.length > 0 ? files : tests };
}

/**
 * Finds the pictures to evaluate on. The same picture in two classes is left out, unless pictures can have several labels.
 *
 * @param known the classes
 * @throws ArgumentError if there is another class, or every picture is in several classes
 */
export async function readKnownFiles(
  source: FileSource,
  known: readonly string[],
  options: WholeOptions = {},
): Promise<WholePart> {
  const listing = await listToEvaluate(source, known, options);
  const { place, classes, train, labelSets } = listing;
  const labels = labelsAmong(place, classes, known);
  const { multiLabel = false } = options;
  const hashed = await hashImages(train);
  const found = await knownFiles(place, hashed, { labels, labelSets, multiLabel });
  return {
    part: partOfFiles(found.files, pathIn(source), found.labelSets),
    ambiguous: found.ambiguous,
  };
}
