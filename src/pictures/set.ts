import type { Backbone } from '../backbone/backbone.js';
import type { EngineName } from '../engines.js';
import type { Head } from '../head/head.js';
import type { Progress, ProgressLabel } from '../progress.js';
import type { Features, LabelledBatch } from '../train/features.js';
import type { Duplicates, LabelledFile } from './types.js';

/** How images have to be for a model. */
export type ImageFormat = Pick<Backbone, 'inputSize' | 'preprocessing'>;

/** How pictures are gone through. */
export interface PassOptions {
  readonly batchSize?: number | undefined;
  /** Draws the order; without it, it is the pictures' own. */
  readonly seed?: number | undefined;
  /** Ends at a picture that can't be decoded, instead of leaving it out. */
  readonly strict?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of each picture that is left out, and of features that can't be kept. */
  readonly onWarning?: ((warning: Error) => void) | undefined;
}

/** How features are computed. */
export interface FeatureOptions extends Omit<PassOptions, 'seed'> {
  /** A head whose pooling is run with the backbone. */
  readonly head?: Head | undefined;
  /** Of files only: see `ExtractOptions`. */
  readonly cacheFolder?: string | URL | undefined;
  readonly engine?: EngineName | undefined;
  readonly label: ProgressLabel;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Features, and how they were obtained. */
export interface PartFeatures extends Features {
  /** Whose rows they are, where they are files; those that can't be decoded are missing. */
  readonly files?: readonly LabelledFile[];
  /** How many were run through the backbone; the others came out of the cache. */
  readonly computed: number;
}

/** Images that a model takes, of files where they are such. */
export interface PartBatch extends LabelledBatch {
  readonly files?: readonly LabelledFile[];
}

/** Pictures that are used in one way: to train on, to validate or to evaluate with. Nothing is decoded before it is asked for. */
export interface Part {
  /** Where it is known. */
  readonly count: number | undefined;
  readonly files?: readonly LabelledFile[];
  /** The caller's objects that they are made of, where they are no files: the same in two parts are the same pictures. */
  readonly objects?: readonly unknown[];
  /** The folder, or the .csv file, that they were found in: a folder that is made there would be taken for a class. */
  readonly place?: string | undefined;
  /** The same part with some of its files only. */
  readonly only?: (files: readonly LabelledFile[]) => Part;
  /** Whether {@link Part.batches} can be asked for more than once. */
  readonly isRepeatable: boolean;
  /** Runs a frozen backbone over them, once. */
  features(backbone: Backbone, options: FeatureOptions): Promise<PartFeatures>;
  /** Images as a model takes them; whoever asks for them disposes them. */
  batches(format: ImageFormat, options: PassOptions): AsyncIterable<PartBatch>;
}

/** Pictures to train on and, where there are any, pictures to validate on. */
export interface PictureSet {
  readonly classes: readonly string[];
  readonly train: Part;
  readonly validation: Part | undefined;
  /** Paths of folders with test pictures, which are used for nothing. */
  readonly unused: readonly string[];
  readonly duplicates: Duplicates;
}

/** Pictures of known classes, all in one part. */
export interface WholePart {
  readonly part: Part;
  /** Paths of the same picture in two classes or more; these pictures are left out. */
  readonly ambiguous: readonly (readonly string[])[];
}

/** How a {@link WholePart} is read. */
export interface WholeOptions {
  /** Of files with a part to train on and one to validate on, whether both are meant. @default only those to validate on */
  readonly all?: boolean | undefined;
}

/** How a {@link PictureSet} is read. */
export interface ReadOptions {
  /** Names, in the order of the scores. */
  readonly classes?: readonly string[] | undefined;
  /** The share of each class that is held out, 0 for none; `'none'` where others are there to validate on. */
  readonly validation?: number | 'none' | undefined;
  readonly seed?: number | undefined;
}

/** What is true of pictures that are no files. */
export const NOTHING_LEFT_OUT = {
  unused: [],
  duplicates: { acrossClasses: [], acrossParts: [] },
} satisfies Pick<PictureSet, 'unused' | 'duplicates'>;
