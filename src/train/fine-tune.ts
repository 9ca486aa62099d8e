import * as tf from '@tensorflow/tfjs';
import {
  reject,
  requireOptions,
  requirePositiveInteger,
  requirePositiveNumber,
} from '../errors.js';
import { pauser } from '../event-loop.js';
import { requireLayersModel } from '../model/check.js';
import { freeze, type LayerSelector, unfreeze } from '../model/freeze.js';
import { layersIn } from '../model/seam.js';
import { Adam, trainableWeights } from './adam.js';
import type { Epoch } from './checkpoint.js';
import type { LabelledBatch } from './features.js';
import { supplyKernels } from './kernels.js';
import { classesOf, lossOf, type ScoreKind, withLogits } from './logits.js';

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

/** What a pass over images came to; `use` says what is done with a batch, and gives its logits and loss. */
async function pass(
  source: BatchSource,
  kind: ScoreKind,
  use: (batch: LabelledBatch) => { readonly logits: tf.Tensor; readonly loss: tf.Scalar },
): Promise<{ loss: number; accuracy: number }> {
  const sums: Sums = { loss: 0, right: 0, images: 0 };
  const pause = pauser();
  for await (const batch of source()) {
    const { logits, loss } = use(batch);
    const [value = NaN] = await loss.data();
    const classes = classesOf(kind, logits);
    const found = await classes.data();
    tf.dispose([batch.images, logits, loss, classes]);
    sums.loss += value * batch.labels.length;
    sums.right += batch.labels.filter((label, i) => found[i] === label).length;
    sums.images += batch.labels.length;
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
 * @throws ArgumentError on a wrong argument, and where nothing is selected
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
  const { select = lastStage, epochs = 5, learningRate = 1e-5 } = options;
  requirePositiveInteger('epochs', epochs);
  requirePositiveNumber('learningRate', learningRate);
  const head = new Set(layersIn(model, 'head'));
  const base = model.layers.filter((layer) => !head.has(layer));
  const isNorm = (layer: tf.layers.Layer) => layer.getClassName() === 'BatchNormalization';
  const learning = new Set(base.filter((layer) => select(layer) && !isNorm(layer)));
  if (learning.size === 0) {
    reject('select', 'a layer of the base', 'none', 'see model.summary() for their names');
  }
  freeze(model, () => true);
  unfreeze(model, (layer) => learning.has(layer) || head.has(layer));
  await supplyKernels();
  return withLogits(model, (kind) =>
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
  const step = ({ images, labels }: LabelledBatch) => {
    let kept: tf.Tensor | undefined;
    const y = tf.tensor1d([...labels], 'int32');
    const { value, grads } = tf.variableGrads(() => {
      const logits = model.apply(images, { training: true }) as tf.Tensor;
      kept = tf.keep(logits.clone());
      return lossOf(kind, logits, y);
    }, variables);
    adam.apply(weights, grads);
    tf.dispose([grads, y]);
    return { logits: kept ?? value, loss: value };
  };
  const look = ({ images, labels }: LabelledBatch) =>
    tf.tidy(() => {
      const logits = model.predictOnBatch(images) as tf.Tensor;
      return { logits, loss: lossOf(kind, logits, tf.tensor1d([...labels], 'int32')) };
    });
  const history: Epoch[] = [];
  try {
    for (let epoch = 0; epoch < epochs && signal?.aborted !== true; epoch++) {
      const training = await pass(batches, kind, step);
      const held = validation && (await pass(validation, kind, look));
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
  } finally {
    adam.dispose();
  }
}
