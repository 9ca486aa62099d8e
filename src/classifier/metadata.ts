import type * as tf from '@tensorflow/tfjs';
import type { InputSize } from '../backbone/backbone.js';
import { type Preprocessing, PREPROCESSINGS } from '../base/preprocess.js';
import {
  ArgumentError,
  reject,
  requireOneOf,
  requireOptions,
  requirePositiveInteger,
  requirePositiveNumber,
  show,
} from '../errors.js';
import { countClasses, scoreKindOf } from '../model/scores.js';
import { ONNX_FILE, WEIGHTS_FILE } from '../train/saved/files.js';
import { FAMILIARITY_FILE } from './familiarity/familiarity.js';
import { type PictureRecord, requirePictureRecord } from './picture-record.js';

/** Increased whenever the format changes, so that older versions reject the file. */
export const VERSION = 2;

const CHANNELS = 3;

/** The content of a classifier's metadata.json. */
export interface ClassifierMetadata {
  readonly version: typeof VERSION;
  /** Class names, in the order of the scores. */
  readonly classes: readonly string[];
  /** For each class, the probability from which a picture has this label, if pictures can have several. */
  readonly thresholds?: readonly number[];
  /** Pixel scaling that the backbone expects. */
  readonly preprocessing: Preprocessing;
  /** Height and width of the backbone's input. */
  readonly inputSize: InputSize;
  /** SHA-256 of the backbone's input size, layers, connections and weights; names don't count. */
  readonly baseSha256?: string;
  /** The pictures that it was trained on, if known. */
  readonly pictures?: PictureRecord;
  /** What the logits were divided by after training; the saved weights give the result. */
  readonly temperature?: number;
  /** SHA-256 of the weights' file. */
  readonly weightsSha256?: string;
  /** SHA-256 of the file that tells how familiar a picture is, if there is one. */
  readonly familiarity?: string;
  /** SHA-256 of the backbone's ONNX file, if it is one; the model is then the head. */
  readonly onnx?: string;
  /** Whether the whole model or only its head is saved. @default 'all' */
  readonly scope?: 'all' | 'head';
}

/** Checks class names, which may come from JavaScript or from a file. */
export function requireNames(subject: string, value: unknown): asserts value is readonly string[] {
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) {
    reject(subject, 'a list of names', value);
  }
  const names: readonly string[] = value;
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice === undefined) return;
  throw new ArgumentError(`${subject}: expected each name once, got ${show(twice)} twice`);
}

/**
 * Checks the content of a metadata.json.
 *
 * @throws ArgumentError if it doesn't describe a classifier
 */
export function requireMetadata(value: unknown): asserts value is ClassifierMetadata {
  requireOptions('metadata', value);
  const {
    version,
    classes,
    preprocessing,
    inputSize,
    pictures,
    temperature,
    familiarity,
    weightsSha256,
    onnx,
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
  if (pictures !== undefined) {
    requirePictureRecord('metadata.pictures', pictures, classes.length);
  }
  if (temperature !== undefined) requirePositiveNumber('metadata.temperature', temperature);
  for (const [name, hash, file] of [
    ['familiarity', familiarity, FAMILIARITY_FILE],
    ['weightsSha256', weightsSha256, WEIGHTS_FILE],
    ['onnx', onnx, ONNX_FILE],
  ] as const) {
    const isHash = typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
    if (hash !== undefined && !isHash) reject(`metadata.${name}`, `the SHA-256 of ${file}`, hash);
  }
  requireOneOf('metadata.scope', scope, ['all', 'head']);
}

/**
 * Checks that metadata fit a model.
 *
 * @param prefix of the subject in error messages: where the metadata come from
 * @throws ArgumentError if the model takes images of another size or gives another number of scores, or if there are thresholds
 *   that are no probabilities or the model doesn't end in a sigmoid for each class
 */
export function requireFit(
  model: tf.LayersModel,
  {
    classes,
    inputSize,
    thresholds,
  }: Pick<ClassifierMetadata, 'classes' | 'inputSize'> & { readonly thresholds: unknown },
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
    reject(`${prefix}inputSize`, `a size that fits the model's input ${show(taken)}`, inputSize);
  }
  const scores = countClasses(model);
  if (classes.length !== scores) {
    reject(`${prefix}classes`, `a name for each of ${scores} scores`, classes);
  }
  if (thresholds === undefined) return;
  const isProbability = (each: unknown) => typeof each === 'number' && each >= 0 && each <= 1;
  if (
    !Array.isArray(thresholds) ||
    thresholds.length !== outputs[0]?.shape.at(-1) ||
    !thresholds.every(isProbability) ||
    scoreKindOf('model', model) !== 'sigmoid'
  ) {
    reject(`${prefix}thresholds`, 'a number from 0 to 1 for each sigmoid of the model', thresholds);
  }
}
