import { type Names, reject, requireOneOf, requirePositiveInteger } from '../errors.js';
import type { LayerFactory } from '../layers/factory.js';

/**
 * Describes the layers of a classification head. It holds no weights, so one head can be planned, built and attached any
 * number of times.
 *
 * Your own head is any object of this shape:
 * `{ name: 'mine', apply: (layers, features) => layers.dense({ … })(layers.flatten({ … })(features)) }`.
 */
export interface Head {
  readonly name: string;
  /** A default for the `learningRate` of `fitHead` and `trainClassifier`. @default none */
  readonly learningRate?: number;
  /**
   * Adds the head's layers to the feature map and returns the output.
   *
   * @param layers creates the layers; use no others, so that the same code builds the model and calculates plans
   * @param features the feature map, `[height, width, channels]`
   */
  apply<T>(layers: LayerFactory<T>, features: T): T;
}

/** Whether a value is a head. */
export function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false;
  const { name, apply } = value as Partial<Record<keyof Head, unknown>>;
  return typeof name === 'string' && typeof apply === 'function';
}

/** The options that all heads share. */
export interface HeadOptions {
  /** Number of classes, 1 or more. */
  readonly numClasses: number;
  /** Dropout rate before the last layer, 0 ≤ dropout < 1. @default 0 */
  readonly dropout?: number;
  /**
   * Activation of the last layer: `'softmax'` for exactly one class per image, `'sigmoid'` for independent labels, `'linear'`
   * for logits, on which a loss is numerically stable. @default 'softmax'
   */
  readonly activation?: 'softmax' | 'sigmoid' | 'linear';
}

export const HEAD_NAMES: Names<HeadOptions> = { numClasses: true, dropout: true, activation: true };

const ACTIVATIONS: readonly Required<HeadOptions>['activation'][] = [
  'softmax',
  'sigmoid',
  'linear',
];

/** Checks the options that all heads share, and fills in the defaults. */
export function resolveHeadOptions(options: HeadOptions): Required<HeadOptions> {
  const { numClasses, dropout = 0, activation = 'softmax' } = options;
  requirePositiveInteger('numClasses', numClasses);
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout < 1)) {
    reject('dropout', 'a number from 0 up to, but not including, 1', dropout);
  }
  requireOneOf('activation', activation, ACTIVATIONS);
  if (numClasses === 1 && activation === 'softmax') {
    reject(
      'numClasses',
      'at least 2 classes with softmax, as a single class always has probability 1',
      numClasses,
      "use activation: 'sigmoid' for a yes–no question",
    );
  }
  return { numClasses, dropout, activation };
}

/** Adds the last layers of all heads: dropout, if any, and the layer that scores the classes. */
export function classify<T>(
  layers: LayerFactory<T>,
  x: T,
  { numClasses, dropout, activation }: Required<HeadOptions>,
): T {
  const kept = dropout > 0 ? layers.dropout({ name: 'dropout', rate: dropout })(x) : x;
  return layers.dense({ name: 'predictions', units: numClasses, activation })(kept);
}

/** Default hidden units of the flattened and dense heads. */
export const DEFAULT_HIDDEN_UNITS = 1024;

export interface HiddenOptions {
  /** Units of the ReLU layer before the last one. @default 1024 */
  readonly hiddenUnits?: number;
}

export function resolveHiddenUnits({ hiddenUnits = DEFAULT_HIDDEN_UNITS }: HiddenOptions): number {
  requirePositiveInteger('hiddenUnits', hiddenUnits);
  return hiddenUnits;
}

export function hidden<T>(layers: LayerFactory<T>, x: T, units: number): T {
  return layers.dense({ name: 'hidden', units, activation: 'relu' })(x);
}
