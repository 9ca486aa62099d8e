import * as tf from '@tensorflow/tfjs';
import {
  reject,
  requireLabels,
  requireOptions,
  requirePositiveInteger,
  requirePositiveNumber,
} from '../errors.js';
import { type Head, isHead } from '../head/head.js';
import { buildHead } from '../model/attach.js';
import { countClasses } from '../model/scores.js';
import { trainableWeights } from './adam.js';
import type { Callbacks } from './callbacks.js';
import type { Checkpoint } from './checkpoint.js';
import type { Features } from './features.js';
import { type Examples, Fitting, type Outcome, type Settings } from './fitting.js';
import { supplyKernels } from './kernels.js';
import { withLogits } from './logits.js';
import { type PartedHead, partHead, reduce } from './part-head.js';
import { Snapshot } from './snapshot.js';

export interface FitHeadOptions {
  /** Features that training never sees; of the same shape. */
  readonly validation?: Features;
  /** @default 30 */
  readonly epochs?: number;
  /** @default 32 */
  readonly batchSize?: number;
  /** Adam's step. @default 1e-3 */
  readonly learningRate?: number;
  /**
   * Epochs without a lower loss in validation after which training ends; the weights of the best one are
   * kept. @default 5 where there is validation, else none
   */
  readonly patience?: number;
  /** `'balanced'` weighs classes by how few images they have; or a weight for each. @default all 1 */
  readonly classWeights?: 'balanced' | readonly number[];
  /** Makes two runs the same: first weights, order and dropout. @default 0 */
  readonly seed?: number;
  /** TensorFlow.js's callbacks, as `model.fit` takes them: TensorBoard, tfjs-vis, or functions. */
  readonly callbacks?: Callbacks;
  /** Where to keep the state after each epoch, and to go on from if there is one. */
  readonly checkpoint?: Checkpoint;
  /** Ends training after the epoch at hand; what was learnt so far is returned. */
  readonly signal?: AbortSignal;
}

export interface FitResult extends Outcome {
  /** Features `[h, w, c]` → scores, as `attachHead` takes it. Yours to dispose. */
  readonly head: tf.LayersModel;
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws ArgumentError on a wrong option
 */
/** Epochs without a lower loss in validation that are borne where no number is named. */
export const DEFAULT_PATIENCE = 5;

export function resolveFitOptions(options: FitHeadOptions): Settings {
  requireOptions('options', options);
  const { epochs = 30, batchSize = 32, learningRate = 1e-3, seed = 0 } = options;
  const { patience = options.validation === undefined ? Infinity : DEFAULT_PATIENCE } = options;
  requirePositiveInteger('epochs', epochs);
  requirePositiveInteger('batchSize', batchSize);
  requirePositiveNumber('learningRate', learningRate);
  if (patience !== Infinity) requirePositiveInteger('patience', patience);
  if (!Number.isSafeInteger(seed)) reject('seed', 'an integer', seed);
  const { callbacks, checkpoint, signal } = options;
  return { epochs, batchSize, learningRate, patience, seed, callbacks, checkpoint, signal };
}

function requireHeadOrModel(head: unknown): asserts head is Head | tf.LayersModel {
  if (isHead(head) || head instanceof tf.LayersModel) return;
  reject('head', 'a head such as pooledHead() returns, or a tf.LayersModel', head);
}

/** Checks features as JavaScript callers may have put them together. */
function requireFeatures(subject: string, value: unknown, classes: number): void {
  requireOptions(subject, value);
  const { values, labels } = value as Partial<Record<keyof Features, unknown>>;
  if (!(values instanceof tf.Tensor)) reject(`${subject}.values`, 'a tensor', values);
  const { shape } = values as tf.Tensor;
  const [images = 0] = shape;
  if (images === 0) reject(`${subject}.values`, 'features of one image or more', shape);
  requireLabels(`${subject}.labels`, labels, { images, classes });
}

/** @throws ArgumentError where they aren't one positive number for each class */
export function requireClassWeights(
  classWeights: FitHeadOptions['classWeights'],
  classes: number,
): void {
  if (classWeights === undefined || classWeights === 'balanced') return;
  const isRight =
    Array.isArray(classWeights) &&
    classWeights.length === classes &&
    classWeights.every((weight) => weight > 0 && weight < Infinity);
  if (!isRight) reject('classWeights', `'balanced', or ${classes} positive numbers`, classWeights);
}

/** A weight for each class, 1 on average over the images. */
function weightsByClass(
  classWeights: FitHeadOptions['classWeights'],
  labels: Int32Array,
  classes: number,
): Float32Array | undefined {
  requireClassWeights(classWeights, classes);
  if (classWeights === undefined) return undefined;
  if (classWeights !== 'balanced') return Float32Array.from(classWeights);
  const counts = new Float32Array(classes);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts.map((count) => (count === 0 ? 0 : labels.length / (classes * count)));
}

/**
 * Trains a head on features that were computed once: on logits, with a loss that can't get stuck, Adam,
 * and the head's activation put on afterwards. Put the result on its base with `attachHead`.
 *
 * @param head a recipe; or a head model, whose weights are then trained on, and which is returned
 * @param features of {@link extractFeatures}; they stay yours
 * @throws ArgumentError where they don't fit the head, and where the loss stops being finite; no tensor is
 *   left behind, and a head model has the weights that it had before
 */
export async function fitHead(
  head: Head | tf.LayersModel,
  features: Features,
  options: FitHeadOptions = {},
): Promise<FitResult> {
  const settings = resolveFitOptions(options);
  const { validation, classWeights } = options;
  requireHeadOrModel(head);
  const model =
    head instanceof tf.LayersModel
      ? head
      : buildHead(head, features.featureShape, { seed: settings.seed });
  // A head that was handed in is left as it was where training fails.
  const before = model === head ? new Snapshot(trainableWeights(model)) : undefined;
  const owned: tf.Tensor[] = [];
  let parted: PartedHead | undefined;
  try {
    const parts = (parted = partHead(model));
    const { learning } = parts;
    const classes = countClasses(model);
    const prepare = (subject: string, each: Features): Examples => {
      requireFeatures(subject, each, classes);
      const { values, own } = reduce(subject, parts, each.values, settings.batchSize);
      if (own) owned.push(values);
      return { values, labels: Int32Array.from(each.labels) };
    };
    const training = prepare('features', features);
    const unseen = validation && prepare('validation', validation);
    const weights = weightsByClass(classWeights, training.labels, classes);
    await supplyKernels();
    const result = await withLogits('head', learning, (kind) =>
      new Fitting(learning, kind, settings, training, unseen).run(weights),
    );
    return { head: model, ...result };
  } catch (error) {
    before?.restore();
    if (model !== head) model.dispose();
    throw error;
  } finally {
    tf.dispose(owned);
    before?.dispose();
    parted?.release();
  }
}
