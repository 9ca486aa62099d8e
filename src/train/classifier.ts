import * as tf from '@tensorflow/tfjs';
import { type Preprocessing, preprocess, PREPROCESSINGS } from '../base/preprocess.js';
import { reject, requireOneOf, requireOptions, requirePositiveInteger, show } from '../errors.js';
import { requireLayersModel } from '../model/check.js';
import { countClasses, imageProbabilities, readScores, scoreKindOf } from '../model/scores.js';
import { type PictureRecord, requirePictureRecord } from './picture-record.js';
import { fitPicture, type PictureSource } from './pictures.js';

/** Raised when what is saved changes, so that an older version says that it can't read it. */
const VERSION = 2;

const CHANNELS = 3;

/** What a model has to be told to be a classifier. */
export interface ClassifierMetadata {
  readonly version: typeof VERSION;
  /** Names, in the order of the scores. */
  readonly classes: readonly string[];
  /** How the base wants its pixels. */
  readonly preprocessing: Preprocessing;
  /** Height and width that the base was used at. */
  readonly inputSize: readonly [height: number, width: number];
  /** SHA-256 of what the base computes: its input size, layers, connections and weights. Names don't count. */
  readonly baseSha256?: string;
  /** Which pictures it was trained on, where that is known; `trainFolder` records it. */
  readonly pictures?: PictureRecord;
  /** What of the model is saved beside this. @default 'all' */
  readonly scope?: 'all' | 'head';
}

/** A class of a picture, by its probability from 0 to 1. */
export interface Classification {
  readonly className: string;
  readonly probability: number;
}

export interface ClassifyOptions {
  /** How many of the likeliest classes to name. @default all */
  readonly top?: number;
}

/** A model that knows its classes and how to look at a picture. */
export interface Classifier {
  readonly model: tf.LayersModel;
  readonly metadata: ClassifierMetadata;
  /**
   * Names the likeliest classes of a picture, the likeliest first.
   *
   * @throws ArgumentError where it is no picture, and where a score isn't finite
   */
  classify(picture: PictureSource, options?: ClassifyOptions): Promise<Classification[]>;
  /** Frees the model. */
  dispose(): void;
}

/**
 * Checks what was saved beside a model.
 *
 * @throws ArgumentError where it isn't what {@link Classifier} needs
 */
export function requireMetadata(value: unknown): asserts value is ClassifierMetadata {
  requireOptions('metadata', value);
  const {
    version,
    classes,
    preprocessing,
    inputSize,
    pictures,
    scope = 'all',
  } = value as Partial<ClassifierMetadata>;
  if (version !== VERSION) {
    reject(
      'metadata.version',
      String(VERSION),
      version,
      'it was saved by another version of resnet-heads',
    );
  }
  if (!Array.isArray(classes) || !classes.every((name) => typeof name === 'string')) {
    reject('metadata.classes', 'names', classes);
  }
  requireOneOf('metadata.preprocessing', preprocessing, PREPROCESSINGS);
  const sizes: unknown = inputSize;
  if (!Array.isArray(sizes) || sizes.length !== 2) {
    reject('metadata.inputSize', '[height, width]', sizes);
  }
  for (const size of sizes) requirePositiveInteger('metadata.inputSize', size);
  if (pictures !== undefined) requirePictureRecord('metadata.pictures', pictures);
  requireOneOf('metadata.scope', scope, ['all', 'head']);
}

/**
 * Holds metadata against the model that it is for.
 *
 * @throws ArgumentError where the model takes other images, or gives other scores
 */
function requireFit(model: tf.LayersModel, { classes, inputSize }: ClassifierMetadata): void {
  const { inputs, outputs } = model;
  if (inputs.length !== 1 || outputs.length !== 1) {
    const got = `${inputs.length} and ${outputs.length}`;
    reject('model', 'one input and one output', got, 'cut it with tf.model({ inputs, outputs })');
  }
  const [, ...taken] = inputs[0]?.shape ?? [];
  const images = [...inputSize, CHANNELS];
  if (taken.length !== 3 || !taken.every((size, i) => size === null || size === images[i])) {
    reject('metadata.inputSize', `what fits the model's input ${show(taken)}`, inputSize);
  }
  const scores = countClasses(model);
  if (classes.length !== scores) {
    reject('metadata.classes', `a name for each of ${scores} scores`, classes);
  }
}

/**
 * Makes a classifier of a model from preprocessed images to scores, such as `attachHead` makes. The last activation
 * decides how scores become probabilities: those of a softmax or a sigmoid are probabilities already. The logits of a
 * linear layer go through the softmax, or through the sigmoid where there is only one. A single score is that of the
 * second of two classes.
 *
 * @param model becomes the classifier's, and goes with it
 * @throws ArgumentError where classes and scores, or images and input, don't match, and where the last activation is
 *   another one, whose outputs can't be read as probabilities
 */
export function createClassifier(
  model: tf.LayersModel,
  metadata: Omit<ClassifierMetadata, 'version'>,
): Classifier {
  requireLayersModel('model', model);
  const whole = { version: VERSION, ...metadata } as const;
  requireMetadata(whole);
  const { classes, inputSize, preprocessing } = whole;
  requireFit(model, whole);
  const kind = scoreKindOf('model', model);
  return {
    model,
    metadata: whole,
    async classify(picture, options = {}) {
      requireOptions('options', options);
      const { top = classes.length } = options;
      requirePositiveInteger('top', top);
      const answer = tf.tidy(() => {
        const images = preprocess(fitPicture(picture, inputSize), preprocessing);
        return imageProbabilities(model.predict(images) as tf.Tensor, kind).flatten();
      });
      const found = await readScores(answer);
      return classes
        .map((className, i) => ({ className, probability: found[i] ?? NaN }))
        .sort((a, b) => b.probability - a.probability)
        .slice(0, top);
    },
    dispose: () => {
      model.dispose();
    },
  };
}
