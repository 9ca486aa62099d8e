import type { Backbone } from '../backbone/backbone.js';
import { ArgumentError, reject } from '../errors.js';
import { pictureFiles } from '../pictures/files.js';
import type { FeatureOptions } from '../pictures/set.js';
import type { LabelledFile } from '../pictures/types.js';
import type { ModelClassifier } from './model-classifier.js';
import { labelsIn, type PictureRecord } from './picture-record.js';
import type { Classifier } from './types.js';

/** A part of the pictures. */
export type PartName = 'train' | 'validation';

/** A picture of the earlier classifier. */
export interface OldPicture {
  readonly hash: string;
  readonly part: PartName;
  /** Undefined if the classifier was saved without. */
  readonly label: number | undefined;
}

/** What to do if old pictures are missing. */
export const ALL_TOGETHER =
  'pass a folder with the old and the new pictures, as it knows the old ones by their content, or train a new classifier on all of them';

/** @throws ArgumentError unless it is known which pictures the classifier was trained on */
export function requireRecord(from: Classifier): PictureRecord {
  const { record } = from as Partial<Pick<ModelClassifier, 'record'>>;
  const expected = 'a classifier that was trained on picture files with one label each';
  if (from.thresholds !== undefined)
    reject('from', expected, 'one with several labels per picture');
  if (record === undefined || record.partial === true || record.train === '') {
    throw new ArgumentError(
      `from: expected ${expected}, got one of which it isn't known which pictures it was trained on; train a new classifier on all pictures`,
    );
  }
  return record;
}

/** The pictures of a record but for those that couldn't be decoded. */
export function picturesIn(record: PictureRecord): OldPicture[] {
  const isKnown = record.counts !== undefined;
  return (['train', 'validation'] as const).flatMap((part) =>
    [...labelsIn(record, part)].flatMap(([hash, label]) =>
      isKnown && label === undefined ? [] : [{ hash, part, label }],
    ),
  );
}

/** Where features are cached, and of which images. */
export type CacheOptions = Pick<
  FeatureOptions,
  'head' | 'cacheFolder' | 'views' | 'signal' | 'onWarning'
>;

/** Features of old pictures in the cache, as files. */
export async function findCached(
  backbone: Backbone,
  wanted: readonly OldPicture[],
  { views, ...options }: CacheOptions,
): Promise<ReadonlyMap<string, LabelledFile>> {
  const node = pictureFiles.require('from', 'none in a browser', 'a classifier');
  const found = new Map<string, LabelledFile>();
  for (const part of ['train', 'validation'] as const) {
    const own = wanted.filter((each) => each.part === part && each.label !== undefined);
    const cached = await node.cached(
      backbone,
      // Validation pictures have no views.
      part === 'train' ? { ...options, views } : options,
      own.map(({ hash }) => hash),
    );
    for (const { hash, label = -1 } of own) {
      const features = cached.get(hash);
      if (features !== undefined) found.set(hash, { ...features, label });
    }
  }
  return found;
}

/** @throws ArgumentError if some of the old pictures are neither among the new ones nor in the cache */
export function refuseMissing(
  all: readonly OldPicture[],
  missing: readonly OldPicture[],
  { cacheFolder, views = [] }: CacheOptions,
): void {
  if (missing.length === 0) return;
  const what =
    missing.length === all.length
      ? `none of ${all.length}`
      : `${all.length - missing.length} of ${all.length}`;
  const unlabelled = missing.some(({ label }) => label === undefined);
  const where =
    cacheFolder === undefined
      ? "the classifier's own pictures among the new ones, as there is no cache"
      : `the classifier's own pictures among the new ones, or their features${views.length > 0 ? ', and those of their views,' : ''} in ${String(cacheFolder)}`;
  const expected = unlabelled
    ? "the classifier's own pictures among the new ones, as it was saved by an earlier version, without their labels"
    : where;
  throw new ArgumentError(`from: expected ${expected}, got ${what}; ${ALL_TOGETHER}`);
}
