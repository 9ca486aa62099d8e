import * as tf from '@tensorflow/tfjs';
import {
  reject,
  requireOptions,
  requirePositiveInteger,
  requirePositiveNumber,
} from '../errors.js';
import { pauser } from '../event-loop.js';
import { requireLayersModel } from '../model/check.js';
import { readAndDispose } from '../model/dispose.js';
import { freeze, type LayerSelector, requireSelector, unfreeze } from '../model/freeze.js';
import { countClasses, requireScoring, type ScoreKind } from '../model/scores.js';
import { layersIn } from '../model/seam.js';
import { Adam, trainableWeights } from './adam.js';
import type { Epoch } from './checkpoint.js';
import { disposeImages, type LabelledBatch, requireBatch } from './features.js';
import { supplyKernels } from './kernels.js';
import {
  classesOf,
  lossOf,
  requireFiniteLoss,
  requireFiniteValidation,
  withLogits,
} from './logits.js';
import { Snapshot } from './snapshot.js';

/** Images of one epoch; asked for anew at each, so that they can be drawn and shuffled anew. */
export type BatchSource = () => AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>;

export interface FineTuneOptions {
  /**
   * Which layers of the base learn. BatchNorm never does: batches are too small for its statistics.
   * @default the convolutions of a ResNet's last stage, `conv5_…_conv`
   */
  readonly select?: LayerSelector;
  readonly validation?: BatchSource;
  /** @default 5 */
  readonly epochs?: number;
  /** Adam's step: a small one, as the base is near where it should be. @default 1e-5 */
  readonly learningRate?: number;
  readonly onEpoch?: (epoch: Epoch) => void | Promise<void>;
  /** Ends training after the epoch at hand. */
  readonly signal?: AbortSignal;
}

const lastStage: LayerSelector = ({ name }) => /^conv5_.*_conv$/.test(name);

interface Sums {
  loss: number;
  right: number;
  images: number;
}

/** What is made of a batch: its logits and its loss, which whoever asks for them disposes. */
type Use = (batch: LabelledBatch) => { readonly logits: tf.Tensor; readonly loss: tf.Scalar };

/** What a batch came to. */
async function measure(batch: LabelledBatch, kind: ScoreKind, use: Use): Promise<Sums> {
  const { logits, loss } = use(batch);
  try {
    const [value = NaN] = await loss.data();
    const found = await readAndDispose(classesOf(kind, logits));
    const right = batch.labels.filter((label, i) => found[i] === label).length;
    return { loss: value * batch.labels.length, right, images: batch.labels.length };
  } finally {
    tf.dispose([logits, loss]);
  }
}

/** What a pass over images came to. */
async function pass(
  source: BatchSource,
  model: tf.LayersModel,
  kind: ScoreKind,
  use: Use,
): Promise<{ loss: number; accuracy: number }> {
  const sums: Sums = { loss: 0, right: 0, images: 0 };
  const pause = pauser();
  for await (const batch of source()) {
    try {
      requireBatch(batch, model, countClasses(model));
      const { loss, right, images } = await measure(batch, kind, use);
      sums.loss += loss;
      sums.right += right;
      sums.images += images;
    } finally {
      disposeImages(batch);
    }
    await pause();
  }
  if (sums.images === 0) reject('batches', 'at least one batch of images', []);
  return { loss: sums.loss / sums.images, accuracy: sums.right / sums.images };
}

/**
 * Trains the last layers of the base on, together with the head, which should have been trained before: a
 * head that knows nothing yet would pull the base astray. BatchNorm stays frozen, the rest of the base too.
 *
 * Afterwards the layers that learnt are trainable, all others frozen. Gradients of convolutions that the
 * backend lacks, as wasm does, are registered first, by `supplyKernels`.
 *
 * @param model made by `attachHead`, its head trained by `fitHead`
 * @param batches each batch's images are disposed once they have been used
 * @throws ArgumentError on a wrong argument, where nothing is selected, on a batch whose images or labels don't fit the
 *   model, and where the loss stops being finite. On any error the model's weights are those that it had before
 */
export async function fineTune(
  model: tf.LayersModel,
  batches: BatchSource,
  options: FineTuneOptions = {},
): Promise<readonly Epoch[]> {
  requireLayersModel('model', model);
  requireOptions('options', options);
  if (typeof batches !== 'function') {
    reject('batches', 'a function that gives the batches of an epoch', batches);
  }
  const { validation } = options;
  if (validation !== undefined && typeof validation !== 'function') {
    reject('validation', 'a function that gives the batches of an epoch', validation);
  }
  const { select = lastStage, epochs = 5, learningRate = 1e-5 } = options;
  requirePositiveInteger('epochs', epochs);
  requirePositiveNumber('learningRate', learningRate);
  requireSelector(select);
  const head = new Set(layersIn(model, 'head'));
  const base = model.layers.filter((layer) => !head.has(layer));
  const isNorm = (layer: tf.layers.Layer) => layer.getClassName() === 'BatchNormalization';
  const learning = new Set(base.filter((layer) => select(layer) && !isNorm(layer)));
  if (learning.size === 0) {
    reject('select', 'a layer of the base', 'none', 'see model.summary() for their names');
  }
  requireScoring('model', model);
  freeze(model, () => true);
  unfreeze(model, (layer) => learning.has(layer) || head.has(layer));
  await supplyKernels();
  return withLogits('model', model, (kind) =>
    train(model, kind, batches, { ...options, epochs, learningRate }),
  );
}

async function train(
  model: tf.LayersModel,
  kind: ScoreKind,
  batches: BatchSource,
  options: FineTuneOptions & { readonly epochs: number; readonly learningRate: number },
): Promise<readonly Epoch[]> {
  const { epochs, learningRate, validation, onEpoch, signal } = options;
  const weights = trainableWeights(model);
  const variables = weights.map(({ variable }) => variable);
  const adam = new Adam(learningRate);
  const before = new Snapshot(weights);
  const step: Use = ({ images, labels }) => {
    let kept: tf.Tensor | undefined;
    try {
      const loss = tf.tidy(() => {
        const y = tf.tensor1d([...labels], 'int32');
        const { value, grads } = tf.variableGrads(() => {
          const logits = model.apply(images, { training: true }) as tf.Tensor;
          // variableGrads frees all but the loss.
          kept = tf.keep(logits.clone());
          return lossOf(kind, logits, y);
        }, variables);
        adam.apply(weights, grads);
        return value;
      });
      return { logits: kept ?? loss, loss };
    } catch (error) {
      tf.dispose(kept);
      throw error;
    }
  };
  const look: Use = ({ images, labels }) =>
    tf.tidy(() => {
      const logits = model.predictOnBatch(images) as tf.Tensor;
      return { logits, loss: lossOf(kind, logits, tf.tensor1d([...labels], 'int32')) };
    });
  const history: Epoch[] = [];
  try {
    for (let epoch = 0; epoch < epochs && signal?.aborted !== true; epoch++) {
      const training = await pass(batches, model, kind, step);
      requireFiniteLoss(training.loss, learningRate);
      const held = validation && (await pass(validation, model, kind, look));
      if (held !== undefined) requireFiniteValidation(held.loss);
      const done: Epoch = {
        ...{ epoch, ...training },
        ...(held && {
          validationLoss: held.loss,
          validationAccuracy: held.accuracy,
          gap: training.accuracy - held.accuracy,
        }),
      };
      history.push(done);
      await onEpoch?.(done);
    }
    return history;
  } catch (error) {
    before.restore();
    throw error;
  } finally {
    before.dispose();
    adam.dispose();
  }
}
