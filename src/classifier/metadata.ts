import type * as tf from '@tensorflow/tfjs';
import type { InputSize } from '../backbone/backbone.js';
import { type Preprocessing, PREPROCESSINGS } from '../base/preprocess.js';
import { reject, requireOneOf, requireOptions, requirePositiveInteger, show } from '../errors.js';
import { countClasses } from '../model/scores.js';
import { type PictureRecord, requirePictureRecord } from './picture-record.js';

/** Raised when what is saved changes, so that an older version says that it can't read it. */
export const VERSION = 2;

const CHANNELS = 3;

/** What is saved beside a classifier's model. */
export interface ClassifierMetadata {
  readonly version: typeof VERSION;
  /** Names, in the order of the scores. */
  readonly classes: readonly string[];
  /** How the base wants its pixels. */
  readonly preprocessing: Preprocessing;
  /** Height and width that the base was used at. */
  readonly inputSize: InputSize;
  /** SHA-256 of what the base computes: its input size, layers, connections and weights. Names don't count. */
  readonly baseSha256?: string;
  /** Which pictures it was trained on, where that is known. */
  readonly pictures?: PictureRecord;
  /** What of the model is saved beside this. @default 'all' */
  readonly scope?: 'all' | 'head';
}

/** Checks names of classes, which may come from JavaScript or from a file. */
export function requireNames(subject: string, value: unknown): asserts value is readonly string[] {
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) {
    reject(subject, 'names', value);
  }
  const names: readonly string[] = value;
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) reject(subject, 'each name once', twice);
}

/**
 * Checks what was saved beside a model.
 *
 * @throws ArgumentError where it isn't what a classifier needs
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
  requireNames('metadata.classes', classes);
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
 * @param prefix of what an error names: where the metadata come from
 * @throws ArgumentError where the model takes other images, or gives other scores
 */
export function requireFit(
  model: tf.LayersModel,
  { classes, inputSize }: Pick<ClassifierMetadata, 'classes' | 'inputSize'>,
  prefix: '' | 'metadata.',
): void {
  const { inputs, outputs } = model;
  if (inputs.length !== 1 || outputs.length !== 1) {
    const got = `${inputs.length} and ${outputs.length}`;
    reject('model', 'one input and one output', got, 'cut it with tf.model({ inputs, outputs })');
  }
  const [, ...taken] = inputs[0]?.shape ?? [];
  const images = [...inputSize, CHANNELS];
  if (taken.length !== 3 || !taken.every((size, i) => size === null || size === images[i])) {
    reject(`${prefix}inputSize`, `what fits the model's input ${show(taken)}`, inputSize);
  }
  const scores = countClasses(model);
  if (classes.length !== scores) {
    reject(`${prefix}classes`, `a name for each of ${scores} scores`, classes);
  }
}
