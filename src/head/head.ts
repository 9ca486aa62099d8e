import { type Names, reject, requireOneOf, requirePositiveInteger } from '../errors.js';
import type { LayerFactory } from '../layers/factory.js';

/**
 * A recipe for the layers that follow a feature map. It holds no weights, so one recipe can be
 * planned, built and attached any number of times.
 *
 * A head of your own is any object of this shape:
 * `{ name: 'mine', apply: (layers, features) => layers.dense({ … })(layers.flatten({ … })(features)) }`.
 */
export interface Head {
  readonly name: string;
  /** Adam's step that suits it, for `fitHead` and `trainClassifier` where none is given. @default 1e-3 */
  readonly learningRate?: number;
  /**
   * Adds the head's layers.
   *
   * @param layers what it may use, and all that it may use: the same code then builds real layers
   *   and does the plan's shape arithmetic
   * @param features the feature map, `[height, width, channels]`
   */
  apply<T>(layers: LayerFactory<T>, features: T): T;
}

/** Whether `value`, which may come from JavaScript, has a head's shape. */
export function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false;
  const { name, apply } = value as Partial<Record<keyof Head, unknown>>;
  return typeof name === 'string' && typeof apply === 'function';
}

/** What all three heads take. */
export interface HeadOptions {
  /** Number of classes, 1 or more. */
  readonly numClasses: number;
  /** Share of the last layer's inputs dropped in training, 0 ≤ dropout < 1. @default 0 */
  readonly dropout?: number;
  /**
   * `'softmax'` for one class of many, `'sigmoid'` for labels that may hold together, `'linear'` for
   * logits, on which a loss is stable. @default 'softmax'
   */
  readonly activation?: 'softmax' | 'sigmoid' | 'linear';
}

export const HEAD_NAMES: Names<HeadOptions> = { numClasses: true, dropout: true, activation: true };

const ACTIVATIONS: readonly Required<HeadOptions>['activation'][] = [
  'softmax',
  'sigmoid',
  'linear',
];

/** Checks what all heads share and fills in the defaults. */
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
      'at least 2 classes under softmax, which gives a single class probability 1 always',
      numClasses,
      "use activation: 'sigmoid' for a yes–no question",
    );
  }
  return { numClasses, dropout, activation };
}

/** The end that all heads share: dropout, where there is any, and the layer that scores classes. */
export function classify<T>(
  layers: LayerFactory<T>,
  x: T,
  { numClasses, dropout, activation }: Required<HeadOptions>,
): T {
  const kept = dropout > 0 ? layers.dropout({ name: 'dropout', rate: dropout })(x) : x;
  return layers.dense({ name: 'predictions', units: numClasses, activation })(kept);
}

/** Hidden units of the flattened and the dense head where none are named. */
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
