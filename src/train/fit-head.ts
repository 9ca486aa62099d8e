import * as tf from '@tensorflow/tfjs';
import {
  type Names,
  present,
  reject,
  requireKnown,
  requireLabels,
  requireOptions,
  requirePositiveInteger,
} from '../errors.js';
import { type Head, isHead } from '../head/head.js';
import { buildHead } from '../model/attach.js';
import { countClasses } from '../model/scores.js';
import { seedAt, shuffled } from '../random.js';
import { weightsByClass } from './class-weights.js';
import type { Features } from './features.js';
import { supplyKernels } from './kernels.js';
import { withLogits } from './logits.js';
import { type PartedHead, partHead, reduce } from './part-head.js';
import { type Batch, DRAWS, type Outcome, TrainingLoop } from './training-loop.js';
import {
  type Resumable,
  resolveTrainingOptions,
  type Settings,
  TRAINING_NAMES,
  type TrainingOptions,
} from './training-options.js';

export interface FitHeadOptions extends TrainingOptions {
  /** Features to validate on, of the same shape, which are not trained on. */
  readonly validation?: Features;
  /** @default 30 */
  readonly epochs?: number;
  /** @default 32 */
  readonly batchSize?: number;
  /** Adam's learning rate. @default the head's own (5e-3 for `pooledHead`), otherwise 1e-3 */
  readonly learningRate?: number;
  /** Determines the initial weights, the order of the pictures and dropout. @default 0 */
  readonly seed?: number;
}

export const FIT_NAMES: Names<FitHeadOptions> = {
  ...TRAINING_NAMES,
  validation: true,
  epochs: true,
  batchSize: true,
  learningRate: true,
  seed: true,
};

export interface FitResult extends Outcome {
  /** Features `[h, w, c]` → scores, for `attachHead`. The caller disposes it. */
  readonly head: tf.LayersModel;
}

/** Keras's default for Adam. */
const LEARNING_RATE = 1e-3;

/**
 * Checks options and fills in the defaults.
 *
 * @throws ArgumentError on an invalid option
 */
export function resolveFitOptions(
  head: Head | tf.LayersModel,
  options: FitHeadOptions,
): Settings & { readonly batchSize: number } {
  const suited = head instanceof tf.LayersModel ? undefined : head.learningRate;
  const { epochs = 30, batchSize = 32, learningRate = suited ?? LEARNING_RATE } = options;
  requirePositiveInteger('batchSize', batchSize);
  return { ...resolveTrainingOptions({ ...options, epochs, learningRate }), batchSize };
}

function requireHeadOrModel(head: unknown): asserts head is Head | tf.LayersModel {
  if (isHead(head) || head instanceof tf.LayersModel) return;
  reject('head', 'a head such as pooledHead() returns, or a tf.LayersModel', head);
}

/** Checks features, which may come from JavaScript. */
function requireFeatures(subject: string, value: unknown, classes: number): void {
  requireOptions(subject, value);
  const { values, labels } = value as Partial<Record<keyof Features, unknown>>;
  if (!(values instanceof tf.Tensor)) reject(`${subject}.values`, 'a tensor', values);
  const { shape } = values as tf.Tensor;
  const [images = 0] = shape;
  if (images === 0) reject(`${subject}.values`, 'features of at least one image', shape);
  requireLabels(`${subject}.labels`, labels, { images, classes });
}

/** The inputs of a head's trainable part, with the class of each. */
interface Examples {
  readonly values: tf.Tensor;
  readonly labels: Int32Array;
}

/** Yields batches of examples in an order. `tf.gather`, because on wasm `tf.slice` copies all values for each batch. */
function* rows(
  { values, labels }: Examples,
  order: Int32Array,
  batchSize: number,
): Generator<Batch> {
  for (let from = 0; from < order.length; from += batchSize) {
    const index = order.subarray(from, from + batchSize);
    const inputs = tf.tidy(() => tf.gather(values, tf.tensor1d(index, 'int32')));
    try {
      yield { inputs, labels: Int32Array.from(index, (i) => present(labels[i], 'label')) };
    } finally {
      inputs.dispose();
    }
  }
}

/**
 * Trains a head on features that were computed once, with Adam and a loss on logits; the head's activation is applied afterwards.
 * Put the result on its base with `attachHead`.
 *
 * @param head a recipe, or a head model, which is trained further and returned
 * @param features from {@link extractFeatures}; they remain the caller's
 * @throws ArgumentError if they don't fit the head, or the loss becomes infinite or NaN. No tensor is left behind, and a head
 *   model gets back the weights that it had before
 */
export async function fitHead(
  head: Head | tf.LayersModel,
  features: Features,
  options: FitHeadOptions = {},
): Promise<FitResult> {
  requireKnown('options', options, FIT_NAMES);
  return fitResumable(head, features, options);
}

/** {@link fitHead} in a run that can be resumed. */
export async function fitResumable(
  head: Head | tf.LayersModel,
  features: Features,
  options: FitHeadOptions & Resumable,
): Promise<FitResult> {
  requireHeadOrModel(head);
  const settings = resolveFitOptions(head, options);
  const { batchSize, seed } = settings;
  const { validation, classWeights } = options;
  const model =
    head instanceof tf.LayersModel ? head : buildHead(head, features.featureShape, { seed });
  const owned: tf.Tensor[] = [];
  let parted: PartedHead | undefined;
  try {
    const parts = (parted = partHead(model));
    const { learning } = parts;
    const classes = countClasses(model);
    const prepare = (subject: string, each: Features): Examples => {
      requireFeatures(subject, each, classes);
      const { values, own } = reduce(subject, parts, each.values, batchSize);
      if (own) owned.push(values);
      return { values, labels: Int32Array.from(each.labels) };
    };
    const training = prepare('features', features);
    const unseen = validation && prepare('validation', validation);
    const samples = training.labels.length;
    const inOrder = (examples: Examples) => () =>
      rows(examples, Int32Array.from(examples.labels.keys()), batchSize);
    const course = {
      model: learning,
      training: (epoch: number) =>
        rows(training, shuffled(samples, seedAt(seed, DRAWS.order, epoch)), batchSize),
      seen: inOrder(training),
      validation: unseen && inOrder(unseen),
      samples,
      classWeights: weightsByClass(classWeights, training.labels, classes),
      restores: model === head,
    };
    await supplyKernels();
    const result = await withLogits('head', learning, (kind) =>
      new TrainingLoop({ ...course, kind }, settings).run(),
    );
    return { head: model, ...result };
  } catch (error) {
    if (model !== head) model.dispose();
    throw error;
  } finally {
    tf.dispose(owned);
    parted?.release();
  }
}
