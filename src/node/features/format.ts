import {
  reject,
  requireLabels,
  requireMapShape,
  requireOptions,
  requirePositiveInteger,
} from '../../errors.js';
import type { LabelSet } from '../../label-sets.js';
import type { Shape } from '../../layers/factory.js';
import { requireNames } from '../../classifier/metadata.js';
import type { FolderKind } from '../write/folder.js';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const INDEX_FILE = 'features.json';
/** Increased whenever the format changes, so that older versions reject the folder. */
export const VERSION = 1;
const DIGITS = 5;
export const shardName = (index: number): string =>
  `features-${String(index).padStart(DIGITS, '0')}.safetensors`;

/** Content of `features.json`, which is written last. */
export interface FeatureIndex {
  readonly version: typeof VERSION;
  readonly classes: readonly string[];
  readonly featureShape: Shape;
  /** Shape of the features of one image. */
  readonly shape: Shape;
  /** Number of images in each shard. */
  readonly images: readonly number[];
  /** The classes of each label, if images can have several. */
  readonly labelSets?: readonly LabelSet[] | undefined;
  /** How many consecutive images are one picture: itself, then its views. @default 1 */
  readonly views?: number | undefined;
}

/** @throws ArgumentError if it isn't the content of a `features.json` */
export function requireIndex(value: unknown): asserts value is FeatureIndex {
  requireOptions(INDEX_FILE, value);
  const {
    version,
    classes,
    featureShape,
    shape,
    images,
    labelSets,
    views = 1,
  } = value as Partial<FeatureIndex>;
  if (version !== VERSION) {
    reject(
      `${INDEX_FILE}.version`,
      String(VERSION),
      version,
      'another version of resnet-heads wrote it',
    );
  }
  requireNames(`${INDEX_FILE}.classes`, classes);
  requireMapShape(`${INDEX_FILE}.featureShape`, featureShape);
  requireLabels(`${INDEX_FILE}.shape`, shape);
  requireLabels(`${INDEX_FILE}.images`, images);
  if (labelSets !== undefined) {
    if (!Array.isArray(labelSets)) reject(`${INDEX_FILE}.labelSets`, 'a list of lists', labelSets);
    labelSets.forEach((set: unknown, i) => {
      requireLabels(`${INDEX_FILE}.labelSets[${i}]`, set, { classes: classes.length });
    });
  }
  requirePositiveInteger(`${INDEX_FILE}.views`, views);
  const sizes: readonly number[] = [...shape, ...images];
  if (shape.length > 0 && images.length > 0 && sizes.every((size) => size > 0)) return;
  reject(INDEX_FILE, 'at least one shard and sizes above 0', { shape, images });
}

/** A folder of features: shards and their index. */
export const FEATURES: FolderKind = {
  name: 'features',
  files: [INDEX_FILE, /^features-\d{5}\.safetensors$/],
  isOurs: async (folder) => {
    const index: unknown = JSON.parse(await readFile(join(folder, INDEX_FILE), 'utf8'));
    requireIndex(index);
    const names = (await readdir(folder)).filter((name) => name.endsWith('.safetensors'));
    return names.length === index.images.length;
  },
};
