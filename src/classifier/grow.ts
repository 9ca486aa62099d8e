import { type Backbone, requireBackbone } from '../backbone/backbone.js';
import { ArgumentError, reject, show, showList } from '../errors.js';
import { classesAmong } from '../label-sets.js';
import { headLike } from '../model/head-like.js';
import { drawParts } from '../pictures/draw-parts.js';
import { pictureFiles } from '../pictures/files.js';
import type { Part, PictureSet } from '../pictures/set.js';
import { asksForShare } from '../pictures/split.js';
import type { LabelledFile, Pictures } from '../pictures/types.js';
import type { Earlier } from './earlier.js';
import {
  ALL_TOGETHER,
  findCached,
  type OldPicture,
  type PartName,
  picturesIn,
  refuseMissing,
  requireRecord,
} from './old-pictures.js';
import { isIn, recorded } from './picture-record.js';
import { readForTraining } from './read-for-training.js';
import type { TrainOptions } from './train-options.js';
import type { Classifier } from './types.js';

/** Options of {@link growLesson}. */
export type GrowOptions = Pick<
  TrainOptions,
  'validation' | 'exclude' | 'seed' | 'cacheFolder' | 'views' | 'signal' | 'onWarning'
>;

/** What to train on. */
export interface Grown {
  readonly backbone: Backbone;
  readonly set: PictureSet;
  readonly earlier: Earlier;
}

/** A part whose features fail if those from the cache are gone by then. */
function complete(part: Part, cached: ReadonlySet<string>): Part {
  return {
    ...part,
    async features(backbone, options) {
      const features = await part.features(backbone, options);
      const found = new Set(features.files?.map(({ path }) => path));
      const isMissing = part.files?.some(({ path }) => cached.has(path) && !found.has(path));
      if (isMissing !== true) return features;
      features.values.dispose();
      throw new ArgumentError(
        `from: expected cached features to remain while it trains, got some that are gone; ${ALL_TOGETHER}`,
      );
    },
  };
}

const EXAMPLES = 3;

/** What the new pictures are to the earlier classifier. */
interface Sorted {
  /** The old pictures among them, by their hash. */
  readonly again: ReadonlyMap<string, LabelledFile>;
  readonly fresh: { readonly train: LabelledFile[]; readonly validation: LabelledFile[] };
  /** Those that were excluded from training before. */
  readonly excluded: readonly LabelledFile[];
}

function sortNew(
  read: PictureSet,
  labels: readonly number[],
  old: ReadonlySet<string>,
  wasExcluded: (file: LabelledFile) => boolean,
): Sorted {
  const again = new Map<string, LabelledFile>();
  const fresh: Sorted['fresh'] = { train: [], validation: [] };
  const excluded: LabelledFile[] = [];
  for (const part of ['train', 'validation'] as const) {
    for (const each of read[part]?.files ?? []) {
      const file = { ...each, label: labels[each.label] ?? -1 };
      const hash = recorded(each.sha256 ?? '');
      if (old.has(hash)) {
        if (!again.has(hash)) again.set(hash, file);
      } else (wasExcluded(file) ? excluded : fresh[part]).push(file);
    }
  }
  return { again, fresh, excluded };
}

const few = (files: readonly LabelledFile[]): string =>
  showList(
    files.map(({ path }) => path),
    EXAMPLES,
  );

/** A name without its case and the form in which its accents are written. */
const folded = (name: string): string => name.normalize('NFC').toLowerCase();

/** Warnings about pictures that the two say different things of, and about names that are nearly the same. */
function warn(
  { onWarning }: GrowOptions,
  from: Pick<Classifier, 'classes'>,
  classes: readonly string[],
  moved: readonly (readonly [OldPicture, LabelledFile])[],
  excluded: readonly LabelledFile[],
): void {
  for (const [{ label = -1 }, file] of moved) {
    onWarning?.(
      new ArgumentError(
        `${file.path}: expected ${show(classes[label])}, the label with which it was trained on before, got ${show(classes[file.label])}; the new label is used`,
      ),
    );
  }
  const alike = new Map(from.classes.map((name) => [folded(name), name]));
  for (const name of classes.slice(from.classes.length)) {
    const known = alike.get(folded(name));
    if (known === undefined) continue;
    onWarning?.(
      new ArgumentError(
        `class ${show(name)}: expected a name that differs from ${show(known)} not only in case or accents' form; it is a class of its own`,
      ),
    );
  }
  if (excluded.length === 0) return;
  onWarning?.(
    new ArgumentError(
      `from: expected pictures that were not excluded before, got ${excluded.length} that were, and remain so: ${few(excluded)}`,
    ),
  );
}

/** @throws ArgumentError if a class has lost all its pictures */
function requireEachTrained(classes: readonly string[], train: readonly LabelledFile[]): void {
  const found = classesAmong(train);
  const empty = classes.find((_, label) => !found.has(label));
  if (empty === undefined) return;
  throw new ArgumentError(
    `from: expected training pictures of each class, got none of ${show(empty)}, as they have other labels now or are excluded; keep the names of old classes, or train a new classifier on all pictures`,
  );
}

/**
 * Joins new pictures with those that a classifier was trained on: old pictures keep their part, and their features come from the cache
 * unless they are among the new ones.
 *
 * @throws ArgumentError if an old picture is in neither, the classifier doesn't know its pictures, or an option is invalid
 */
export async function growLesson(
  from: Classifier,
  pictures: Pictures,
  options: GrowOptions,
): Promise<Grown> {
  pictureFiles.require('from', 'none in a browser', 'a classifier');
  const record = requireRecord(from);
  const { validation, exclude, seed } = options;
  const read = await readForTraining(pictures, { validation, exclude, seed, isAddition: true });
  const { only, files } = read.train;
  if (files === undefined || only === undefined) {
    reject('from', 'none with pictures that are not files', 'a classifier', 'train without it');
  }
  const names = read.classes.filter((name) => !from.classes.includes(name));
  const classes = [...from.classes, ...names];
  const head = headLike(from.model, classes.length);
  const { backbone } = from;
  const excludedNow = new Set(read.excluded?.map(({ sha256 = '' }) => recorded(sha256)));
  const old = picturesIn(record).filter(({ hash }) => !excludedNow.has(hash));
  const { again, fresh, excluded } = sortNew(
    read,
    read.classes.map((name) => classes.indexOf(name)),
    new Set(old.map(({ hash }) => hash)),
    isIn(record.excluded),
  );
  const missing = old.filter(({ hash }) => !again.has(hash));
  const { cacheFolder, views, signal, onWarning } = options;
  const caching = { head, cacheFolder, views, signal, onWarning };
  const cached = await findCached(backbone, missing, caching);
  refuseMissing(
    old,
    missing.filter(({ hash }) => !cached.has(hash)),
    caching,
  );
  const moved: (readonly [OldPicture, LabelledFile])[] = [];
  const parts: Record<PartName, LabelledFile[]> = { train: [], validation: [] };
  const counts = Array<number>(from.classes.length).fill(0);
  const comparable = new Set<string>();
  for (const each of old) {
    const file = again.get(each.hash) ?? cached.get(each.hash);
    if (file === undefined) continue;
    const { hash, part, label = file.label } = each;
    if (label !== file.label) moved.push([each, file]);
    else if (part === 'validation') comparable.add(hash);
    counts[label] = (counts[label] ?? 0) + 1;
    parts[part].push(file);
  }
  const share = typeof validation === 'number' ? validation : undefined;
  const isGiven = read.validation !== undefined || !asksForShare(share);
  const drawn = isGiven ? fresh : drawParts(fresh.train, share, seed);
  const byLabel = (a: LabelledFile, b: LabelledFile) => a.label - b.label;
  const train = [...parts.train, ...drawn.train].sort(byLabel);
  const held = [...parts.validation, ...drawn.validation].sort(byLabel);
  requireEachTrained(classes, train);
  warn(options, from, classes, moved, excluded);
  const paths = new Set([...cached.values()].map(({ path }) => path));
  return {
    backbone,
    set: {
      ...{ classes, unused: read.unused, duplicates: read.duplicates },
      ...(read.excluded && { excluded: read.excluded }),
      train: complete(only(train), paths),
      validation: held.length === 0 ? undefined : complete(only(held), paths),
    },
    earlier: {
      ...{ model: from.model, classes: from.classes, counts, excluded: record.excluded, head },
      cached: cached.size,
      isComparable: ({ sha256 = '' }) => comparable.has(recorded(sha256)),
    },
  };
}

/** {@link growLesson} for `trainClassifier`, whose backbone must be that of the earlier classifier. */
export async function growOn(
  backbone: Backbone,
  pictures: Pictures,
  { from, ...options }: GrowOptions & { readonly from: Classifier },
): Promise<Grown> {
  requireBackbone(backbone);
  const grown = await growLesson(from, pictures, options);
  const own = grown.backbone;
  if (own === backbone) return grown;
  if (
    own.preprocessing !== backbone.preprocessing ||
    (await own.sha256()) !== (await backbone.sha256())
  ) {
    reject('backbone', 'that of the classifier in from', backbone.name, 'pass from.backbone');
  }
  return { ...grown, backbone };
}
