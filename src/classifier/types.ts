import type * as tf from '@tensorflow/tfjs';
import type { Backbone, InputSize } from '../backbone/backbone.js';
import type { Preprocessing } from '../base/preprocess.js';
import type { EngineName } from '../engine/names.js';
import type { ClassChange } from '../explain/class-changes.js';
import type { ClassMap } from '../explain/explain.js';
import type { FeatureFiles } from '../pictures/feature-files.js';
import type { Duplicates, Picture, Pictures } from '../pictures/types.js';
import type { ViewName } from '../pictures/views.js';
import type { Progress } from '../progress.js';
import type { Epoch } from '../train/checkpoint.js';
import type { Outcome } from '../train/fit-head.js';
import type { AdamOutcome } from '../train/course.js';
import type { EvaluateOptions, Evaluation } from './evaluation.js';
import type { FineTuneOptions } from './fine-tune.js';
import type { SuspiciousLabel } from './review-options.js';
import type { FloatFormat } from '../weights/formats/float-format.js';

/** A class and its probability, from 0 to 1. */
export interface Classification {
  readonly className: string;
  readonly probability: number;
  /** Whether the probability reaches the threshold of the class; only if pictures can have several labels. */
  readonly present?: boolean;
}

/** The classes of a picture, and how familiar it is. */
export interface Recognition {
  /**
   * From 0 to 1: the share of held-out pictures that are at most as familiar. Below 0.05, fewer than one in twenty of them are: the
   * picture probably shows something that the classifier wasn't trained on.
   */
  readonly familiarity: number;
  /** As {@link Classifier.classify} returns them. */
  readonly classes: Classification[];
}

export interface ClassifyOptions {
  /** How many classes to return. @default all */
  readonly top?: number;
  /** Whether to return no classes for a picture with a familiarity below 0.05. @default false */
  readonly reject?: boolean;
  /** Whether to return a {@link Recognition}, which says how familiar the picture is. @default false */
  readonly familiarity?: boolean;
  /**
   * Changed copies of the picture: the probabilities are means over it and them; see {@link ViewName}. Familiarity is that of the
   * picture itself. @default none
   */
  readonly views?: readonly ViewName[];
}

export interface ExplainOptions {
  /** The class to look for, also if pictures can have several labels. @default the most likely one, which the result names */
  readonly className?: string;
  /**
   * Path of a `.png`, `.jpg` or `.webp` file to write the whole picture to, with the map over the part that the model sees and a legend
   * (Node only). The longer side has 256 to 1,024 pixels. Only files that `explain` wrote are overwritten.
   * @default none
   */
  readonly out?: string | URL;
}

export interface ReportOptions {
  /** @default 'Report' */
  readonly title?: string;
  /** Path of an `.html` file to write it to (Node only). Only files that `report` wrote are overwritten. @default none */
  readonly out?: string | URL;
  /** How many of the wrong and how many of the uncertain predictions to show. @default 12 */
  readonly shown?: number;
  /** The command or code that trained the classifier, to show. @default none */
  readonly command?: string;
  /** Further settings to list, by name, such as the options of training. @default none */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Labels that `reviewLabels` found in the same pictures, to show. @default none */
  readonly suspicious?: readonly SuspiciousLabel[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Called for each picture that is skipped because it can't be decoded. */
  readonly onWarning?: (warning: Error) => void;
}

export interface SaveOptions {
  /** `'head'` saves only the head (82 kB for a pooled one); to load it, the same backbone is needed, so not after `fineTune`. @default 'all' */
  readonly scope?: 'all' | 'head';
  /** Number format of the weights; float16 takes half the space, 47 MB for a ResNet-50, and keeps three digits. @default 'float32' */
  readonly dtype?: FloatFormat;
}

/** How a classifier was trained, and on which pictures. */
export type Training = Outcome & {
  /**
   * What the logits were divided by after training with Adam, so that the probabilities fit the validation pictures; the figures
   * are those after it. 1 if there were none, if L-BFGS chose its penalty, which does the same, or with several labels per picture.
   */
  readonly temperature: number;
  /** How many pictures were used for training and for validation. */
  readonly pictures: { readonly train: number; readonly validation: number };
  /** How many of them the backbone processed; the features of the others came from the cache. */
  readonly computed: number;
  /** The library that ran the backbone; undefined if all features came from the cache. */
  readonly engine: EngineName | undefined;
  /** Pictures that were left out because they are in two classes or in both parts. */
  readonly duplicates: Duplicates;
  /** Paths of folders with test pictures, which were not used. */
  readonly unused: readonly string[];
  /** What became of the classes of the classifier that was passed as `from`. */
  readonly changes?: readonly ClassChange[];
};

/** A model with its class names, input size and preprocessing. */
export interface Classifier {
  /** Class names, in the order of the scores. */
  readonly classes: readonly string[];
  /**
   * The model that computes the features. A backbone that was passed in remains the caller's; any other belongs to the
   * classifier, and only the classifier disposes it.
   *
   * @throws ArgumentError if the model can't be split into backbone and head
   */
  readonly backbone: Backbone;
  /** For each class, the probability from which a picture has this label; undefined if each picture has one class. */
  readonly thresholds: readonly number[] | undefined;
  /** Height and width that pictures are cropped and resized to. */
  readonly inputSize: InputSize;
  /** Pixel scaling that the model expects. */
  readonly preprocessing: Preprocessing;
  /** The library that ran the model for {@link Classifier.classify} or {@link Classifier.evaluate}; undefined before. */
  readonly engine: EngineName | undefined;
  /** Preprocessed images → scores. {@link Classifier.fineTune} replaces it. */
  readonly model: tf.LayersModel;
  /** The epochs of training with Adam, then those of fine-tuning; empty for a loaded classifier. */
  readonly history: readonly Epoch[];
  /** How it was trained; undefined for a loaded classifier. */
  readonly training: Training | undefined;
  /** Whether it can tell how familiar a picture is: if `trainClassifier` made it, with one label per picture and 20 pictures or more. */
  readonly knowsFamiliarity: boolean;
  /**
   * Returns the classes of a picture with their probabilities, the most likely first; for a list of pictures, one such list per
   * picture.
   *
   * @throws ArgumentError if it isn't a picture, a score isn't finite, or `reject` or `familiarity` is set and the classifier can't
   *   tell; PictureError if a file can't be decoded
   */
  classify(
    picture: Picture,
    options: ClassifyOptions & { readonly familiarity: true },
  ): Promise<Recognition>;
  classify(
    pictures: readonly Picture[],
    options: ClassifyOptions & { readonly familiarity: true },
  ): Promise<Recognition[]>;
  classify(
    picture: Picture,
    options?: ClassifyOptions & { readonly familiarity?: false },
  ): Promise<Classification[]>;
  classify(
    pictures: readonly Picture[],
    options?: ClassifyOptions & { readonly familiarity?: false },
  ): Promise<Classification[][]>;
  // For a value of type boolean.
  classify(picture: Picture, options: ClassifyOptions): Promise<Classification[] | Recognition>;
  classify(
    pictures: readonly Picture[],
    options: ClassifyOptions,
  ): Promise<Classification[][] | Recognition[]>;
  /**
   * Compares predictions with the pictures' labels. By default, pictures that the classifier was trained on, or that were excluded from training, are left out: on its
   * training folder, it measures the held-out pictures. `format(evaluation)` returns the result as text.
   *
   * @param pictures or their features, from {@link openFeatures}: only the head is run on them
   * @throws ArgumentError if the pictures have a class that the classifier doesn't know, or another backbone computed the features;
   *   PictureError if none can be decoded
   */
  evaluate(pictures: Pictures | FeatureFiles, options?: EvaluateOptions): Promise<Evaluation>;
  /**
   * Computes a class activation map: where in a picture the classifier sees a class. It works with every head, by HiResCAM (Draelos
   * and Carin, arXiv 2011.08891): the features times the gradient of the class's logit. With average pooling this is the map of Zhou
   * et al. (arXiv 1512.04150).
   *
   * @returns tensors, which the caller disposes
   * @throws ArgumentError if the features have no height and width
   */
  explain(picture: Picture, options?: ExplainOptions): Promise<ClassMap>;
  /**
   * Evaluates the classifier on pictures, as {@link Classifier.evaluate} does, and writes a report: accuracy with its interval, results of
   * each class, confusion matrix, reliability, the path of training, pictures that were most wrong or least sure with their activation
   * maps, near-duplicates of training pictures among the held-out ones, costs, settings and versions. After training, pass the training
   * pictures.
   *
   * @returns one HTML file without scripts, which loads nothing; it contains pictures
   * @throws as {@link Classifier.evaluate}; ArgumentError if `out` can't be written or is another file
   */
  report(pictures: Pictures, options?: ReportOptions): Promise<string>;
  /**
   * Trains the last layers of the backbone together with the head. It trains a copy, which takes the model's memory a second
   * time: until it is done the classifier is unchanged, and a backbone that was passed in or read from
   * {@link Classifier.backbone} never changes.
   *
   * @param pictures usually those that it was trained on; with the same `validation` and `seed`, the same ones are held out
   * @throws ArgumentError on an invalid argument, or if the loss becomes infinite or NaN; the classifier is then unchanged
   */
  fineTune(pictures: Pictures, options?: FineTuneOptions): Promise<AdamOutcome>;
  /**
   * Saves the classifier to a folder (Node only), completely or not at all: a TensorFlow.js layers model (`model.json`,
   * `weights.bin`) and `metadata.json`. An existing folder is overwritten only if it holds a classifier of this package and
   * nothing else.
   *
   * @throws ArgumentError if the folder holds something else or can't be written, and in a browser
   */
  save(folder: string | URL, options?: SaveOptions): Promise<void>;
  /** Returns the files that {@link Classifier.save} writes, by name, for a page to store or send. */
  files(options?: SaveOptions): Promise<Readonly<Record<string, Uint8Array>>>;
  /** Disposes the head, and the backbone unless it was passed in. A call that has not ended rejects. */
  dispose(): void;
}
