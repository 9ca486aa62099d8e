import type * as tf from '@tensorflow/tfjs';
import type { Backbone, InputSize } from '../backbone/backbone.js';
import type { Preprocessing } from '../base/preprocess.js';
import type { Confusion } from '../explain/confusion.js';
import type { ClassMap } from '../explain/explain.js';
import type { Duplicates, Picture, Pictures } from '../pictures/types.js';
import type { Progress } from '../progress.js';
import type { Epoch } from '../train/checkpoint.js';
import type { Outcome } from '../train/training-loop.js';
import type { FineTuneOptions } from './fine-tune.js';

/** A class of a picture, by its probability from 0 to 1. */
export interface Classification {
  readonly className: string;
  readonly probability: number;
}

export interface EvaluateOptions {
  /**
   * Whether pictures that the classifier was trained on, told by their content, are measured, too. Without it they are
   * left out, unless there are no others. @default false
   */
  readonly all?: boolean;
  /** @default 16 */
  readonly batchSize?: number;
  /** Whether a picture that can't be decoded ends it, rather than being left out. @default false */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Told of each picture that is left out as it can't be decoded. */
  readonly onWarning?: (warning: Error) => void;
}

/** How a classifier did on pictures: accuracy, precision and recall of each class, and what it made of each picture. */
export interface Evaluation extends Confusion {
  /** The class of each picture, as an index into the classifier's. */
  readonly truth: readonly number[];
  /** The class that it was taken for. */
  readonly predicted: readonly number[];
  /** Paths of the pictures, in the same order, where they are files. */
  readonly paths?: readonly string[];
  /** How many of them the classifier was trained on; nothing where that isn't known. */
  readonly trainedOn: number | undefined;
  /** How many of them were held out in training, and chose the best epoch; nothing where that isn't known. */
  readonly heldOut: number | undefined;
  /** How many pictures were left out because the classifier was trained on them. */
  readonly leftOut: number;
  /** Paths of the same picture in two classes or more; these pictures are left out, too. */
  readonly ambiguous: readonly (readonly string[])[];
}

export interface ExplainOptions {
  /** Which class to look for. @default the likeliest */
  readonly className?: string;
  /** A `.png`, `.jpg` or `.webp` to write the overlay to, in Node; only what `explain` wrote is replaced. @default none */
  readonly out?: string | URL;
}

export interface SaveOptions {
  /** `'head'` writes the head alone, 82 kB of a pooled one, for a backbone that is at hand where it is loaded. @default 'all' */
  readonly scope?: 'all' | 'head';
}

/** How a classifier was trained, and on what. */
export interface Training extends Outcome {
  /** How many pictures were trained on, and how many were validated on. */
  readonly pictures: { readonly train: number; readonly validation: number };
  /** How many of them were run through the backbone; the others' features came out of the cache. */
  readonly computed: number;
  /** Pictures that were left out, as they are in two classes or in both parts. */
  readonly duplicates: Duplicates;
  /** Paths of folders with test pictures, which were used for nothing. */
  readonly unused: readonly string[];
}

/** A model that knows its classes and how to look at a picture. */
export interface Classifier {
  /** Names, in the order of the scores. */
  readonly classes: readonly string[];
  /**
   * What computes the features. One that was handed in stays the caller's; any other goes with the classifier, which alone
   * disposes it.
   *
   * @throws ArgumentError where the model can't be cut between features and head
   */
  readonly backbone: Backbone;
  /** Height and width that pictures are brought to. */
  readonly inputSize: InputSize;
  /** How the model wants its pixels. */
  readonly preprocessing: Preprocessing;
  /** Preprocessed images → scores. Another one after {@link Classifier.fineTune}. */
  readonly model: tf.LayersModel;
  /** The epochs of its training, then those of fine-tuning; empty where it was loaded. */
  readonly history: readonly Epoch[];
  /** How it was trained; nothing where it was loaded. */
  readonly training: Training | undefined;
  /**
   * Names the likeliest classes of a picture, the likeliest first; of several pictures, those of each.
   *
   * @param options `top`: how many to name, all by default
   * @throws ArgumentError where it is no picture, and where a score isn't finite; PictureError where a file can't be decoded
   */
  classify(picture: Picture, options?: { readonly top?: number }): Promise<Classification[]>;
  classify(
    pictures: readonly Picture[],
    options?: { readonly top?: number },
  ): Promise<Classification[][]>;
  /**
   * Compares what it makes of pictures with their labels. By default it leaves out those that it was trained on: of the folder that
   * it was trained on, it measures the pictures that were held out. `format(evaluation)` prints the result.
   *
   * @throws ArgumentError where the pictures have a class that it doesn't know; PictureError where none can be decoded
   */
  evaluate(pictures: Pictures, options?: EvaluateOptions): Promise<Evaluation>;
  /**
   * Shows where in a picture it sees a class.
   *
   * @returns tensors, which are the caller's to dispose
   * @throws ArgumentError where the head mixes positions before it scores classes, as a flattened one does
   */
  explain(picture: Picture, options?: ExplainOptions): Promise<ClassMap>;
  /**
   * Trains the last layers of the backbone on, together with the head. It works on a copy, which takes the model's memory
   * again: until it is done the classifier is as it was, and a backbone that was handed in or out stays as it is.
   *
   * @param pictures those that it was trained on, as a rule; with the same `validation` and `seed` the same are held out
   * @throws ArgumentError on a wrong argument, and where the loss stops being finite; then nothing has changed
   */
  fineTune(pictures: Pictures, options?: FineTuneOptions): Promise<Outcome>;
  /**
   * Writes it to a folder in Node, whole or not at all: a TensorFlow.js layers model (`model.json`, `weights.bin`), which any
   * TensorFlow.js loads, and `metadata.json`. A folder that holds a classifier of this package and nothing else is replaced.
   *
   * @throws ArgumentError where the folder holds something else or can't be written, and in a browser
   */
  save(folder: string | URL, options?: SaveOptions): Promise<void>;
  /** What {@link Classifier.save} writes, by the names of the files, for a page that stores or sends it. */
  files(options?: SaveOptions): Promise<Readonly<Record<string, Uint8Array>>>;
  /** Frees the head, and the backbone unless that was handed in. */
  dispose(): void;
}
