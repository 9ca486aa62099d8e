import type * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone.js';
import type { EngineName } from '../engine/names.js';
import type { Head } from '../head/head.js';
import type { LabelSet } from '../label-sets.js';
import type { Progress, ProgressLabel } from '../progress.js';
import type { Features, LabelledBatch, StoredFeatures } from '../train/features.js';
import type { FeatureChunk } from './chunks.js';
import type { Duplicates, LabelledFile } from './types.js';
import type { ViewKind } from './views.js';

/** The image size and pixel scaling that a model expects. */
export type ImageFormat = Pick<Backbone, 'inputSize' | 'preprocessing'>;

/** How pictures are read. */
export interface PassOptions {
  readonly batchSize?: number | undefined;
  /** Seed of a random order. @default none: the pictures' own order */
  readonly seed?: number | undefined;
  /** Whether to throw on a picture that can't be decoded, rather than skip it. @default false */
  readonly strict?: boolean | undefined;
  /** Changed copies to use beside each picture. @default none */
  readonly views?: readonly ViewKind[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called for each picture that is skipped because it can't be decoded, and if features can't be cached. */
  readonly onWarning?: ((warning: Error) => void) | undefined;
}

/** How features are computed. */
export interface FeatureOptions extends Omit<PassOptions, 'seed'> {
  /** A head whose pooling is computed with the features. Only heads that pool in the same way can train on them. @default none */
  readonly head?: Head | undefined;
  /** Folder to cache the features of files in, so that each file is computed only once (Node only). @default none */
  readonly cacheFolder?: string | URL | undefined;
  /** The library that runs the backbone. @default the fastest that is installed; see {@link EngineName} */
  readonly engine?: EngineName | undefined;
  readonly label: ProgressLabel;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Features, and how they were obtained. */
export interface PartFeatures extends Features {
  /** The file of each picture, if the pictures are files; those that can't be decoded are missing. */
  readonly files?: readonly LabelledFile[];
  /** The index of each picture in the list, if they are in hand; those that can't be decoded are missing. */
  readonly indices?: readonly number[];
  /** How many pictures the backbone processed; the features of the others came from the cache. */
  readonly computed: number;
  /** The library that ran the backbone; undefined if all features came from the cache. */
  readonly engine: EngineName | undefined;
}

/** Features that are stored in files, and how they were obtained. */
export interface PartStored
  extends StoredFeatures, Pick<PartFeatures, 'files' | 'indices' | 'computed' | 'engine'> {}

export type AnyPartFeatures = PartFeatures | PartStored;

/** Preprocessed images, with their files if they have any. */
export interface PartBatch extends LabelledBatch {
  readonly files?: readonly LabelledFile[];
}

/** A part of features that are stored in files. */
export interface StoredPart {
  /** The changed copies that follow each picture. */
  readonly views: readonly ViewKind[];
  /**
   * @param backbone what computed them
   * @param head which must be able to learn from them
   * @throws ArgumentError if another backbone computed them, or the head takes others
   */
  open(
    backbone: HashedFormat,
    head: Head | tf.LayersModel,
    options: StoredOptions,
  ): Promise<PartStored>;
}

/** What identifies features: the backbone's hash, and the pixels that it takes. */
export type HashedFormat = ImageFormat & Pick<Backbone, 'sha256'> & Partial<Pick<Backbone, 'name'>>;

export interface StoredOptions {
  /** Whether the changed copies are left out. @default false */
  readonly isPlain?: boolean;
}

/** Pictures for one purpose: training, validation or evaluation. Each is decoded only when it is needed. */
export interface Part {
  /** Number of pictures, if known. */
  readonly count: number | undefined;
  readonly files?: readonly LabelledFile[];
  /** The classes of each label of the files, if pictures can have several. */
  readonly labelSets?: readonly LabelSet[] | undefined;
  /** The caller's objects, if they aren't files: the same object in two parts is the same picture. */
  readonly objects?: readonly unknown[];
  /** The folder or .csv file that they come from: a folder created in it would be taken for a class. */
  readonly place?: string | undefined;
  /** Computes the features of its files, some files at a time; see {@link Part.features}. */
  readonly chunks?: (
    backbone: Backbone,
    options: FeatureOptions,
    chunkOf: (values: number) => number,
  ) => AsyncGenerator<FeatureChunk>;
  /** The same part with only these of its files. */
  readonly only?: (files: readonly LabelledFile[]) => Part;
  /** Whether {@link Part.batches} can be called more than once. */
  readonly isRepeatable: boolean;
  /** Computes their features with a frozen backbone. */
  features(backbone: Backbone, options: FeatureOptions): Promise<PartFeatures>;
  /** Its features, if it consists of those and not of pictures. */
  readonly stored?: StoredPart | undefined;
  /**
   * Yields preprocessed images, which the caller disposes. With views, several batches have the same pictures: the first themselves,
   * each of the others one of their views.
   */
  batches(format: ImageFormat, options: PassOptions): AsyncIterable<PartBatch>;
}

/** Pictures to train on and, if there are any, pictures to validate on. */
export interface PictureSet {
  readonly classes: readonly string[];
  readonly train: Part;
  readonly validation: Part | undefined;
  /** Paths of folders with test pictures, which are not used. */
  readonly unused: readonly string[];
  readonly duplicates: Duplicates;
  /** Pictures that were left out on request. */
  readonly excluded?: readonly LabelledFile[];
}

/** Pictures of known classes, all in one part. */
export interface WholePart {
  readonly part: Part;
  /** Paths of pictures that are in two or more classes, one list per picture; they are left out. */
  readonly ambiguous: readonly (readonly string[])[];
}

/** Options of `readPart`. */
export interface WholeOptions {
  /** Whether a picture can have several labels. @default false */
  readonly multiLabel?: boolean | undefined;
  /** Whether to include the training part of files that have one. @default false: only the validation part */
  readonly all?: boolean | undefined;
}

/** What to hold out for validation. */
export type Validation = number | 'none' | 'joined';

/** Options of `readPictures`. */
export interface ReadOptions {
  /** Whether a picture can have several labels. @default false */
  readonly multiLabel?: boolean | undefined;
  /** Class names, in the order of the scores. */
  readonly classes?: readonly string[] | undefined;
  /**
   * Fraction of each class to hold out, 0 for none; `'none'` if validation pictures are passed separately; `'joined'` if the
   * validation pictures of a folder or a list are not separated from the others.
   */
  readonly validation?: Validation | undefined;
  /** Paths of picture files to leave out. */
  readonly exclude?: readonly (string | URL)[] | undefined;
  readonly seed?: number | undefined;
  /**
   * Whether they are added to others: one class is enough, and a fraction is not held out here but once those are known.
   * @default false
   */
  readonly isAddition?: boolean | undefined;
}

/** The values for pictures that aren't files. */
export const NOTHING_LEFT_OUT = {
  unused: [],
  duplicates: { acrossClasses: [], acrossParts: [] },
} satisfies Pick<PictureSet, 'unused' | 'duplicates'>;
