import type * as tf from '@tensorflow/tfjs';
import { reject, requireOptions } from '../errors.js';
import { requireLayersModel } from '../model/check.js';
import {
  freeze,
  keepFrozen,
  type LayerSelector,
  requireSelector,
  unfreeze,
} from '../model/freeze.js';
import { countClasses, requireScoring } from '../model/scores.js';
import { layersIn } from '../model/seam.js';
import { requireClassWeights, weightsByClass } from './class-weights.js';
import { disposeImages, type LabelledBatch, requireBatch } from './features.js';
import { supplyKernels } from './kernels.js';
import { withLogits } from './logits.js';
import { type Batches, type Outcome, TrainingLoop } from './training-loop.js';
import {
  type Resumable,
  resolveTrainingOptions,
  type TrainingOptions,
} from './training-options.js';

/**
 * Images of one epoch, which is counted from 0; asked for anew at each, so that they can be drawn and shuffled anew. A run
 * that is resumed asks for the epochs that are left: where each depends on its number alone, it ends as an unbroken run does.
 */
export type BatchSource = (epoch: number) => AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>;

export interface FineTuneSettings extends TrainingOptions {
  /**
   * Which layers of the base learn. BatchNorm never does: batches are too small for its statistics.
   * @default the convolutions of a ResNet's last stage, `conv5_…_conv`; of others the layers that compute at the size of the feature map
   */
  readonly select?: LayerSelector;
  /** @default 5 */
  readonly epochs?: number;
  /** Adam's step: a small one, as the base is near where it should be. @default 1e-5 */
  readonly learningRate?: number;
  /** Makes two runs the same. @default 0 */
  readonly seed?: number;
  /**
   * Ends training: after an epoch, what was learnt so far is kept; during one, its batches end with the signal's reason, and
   * the weights are those from before.
   */
  readonly signal?: AbortSignal;
}

export interface FineTuneOptions extends FineTuneSettings, Resumable {
  readonly validation?: BatchSource;
}

/** Epochs where no number is named. */
export const FINE_TUNE_EPOCHS = 5;

/** The convolutions of a ResNet's last stage. */
const RESNET_STAGE = /^conv5_.*_conv$/;

/** Of other backbones, the layers that compute at the size of the feature map. */
function lastStage(base: readonly tf.layers.Layer[]): LayerSelector {
  if (base.some(({ name }) => RESNET_STAGE.test(name))) {
    return ({ name }) => RESNET_STAGE.test(name);
  }
  const sizeOf = (layer: tf.layers.Layer | undefined): string => {
    const shape = layer?.getOutputAt(0);
    return Array.isArray(shape) ? '' : String(shape?.shape.slice(1, 3));
  };
  const size = sizeOf(base.at(-1));
  return (layer) => layer.weights.length > 0 && sizeOf(layer) === size;
}

function requireSource(subject: string, source: unknown): void {
  if (typeof source === 'function') return;
  reject(subject, 'a function that gives the batches of an epoch', source);
}

/** A source's batches, each checked before anything is made of it, and freed afterwards. */
const checked = (subject: string, source: BatchSource, model: tf.LayersModel): Batches =>
  async function* (epoch) {
    let isEmpty = true;
    for await (const batch of source(epoch)) {
      try {
        requireBatch(batch, model, countClasses(model));
        yield { inputs: batch.images, labels: Int32Array.from(batch.labels) };
      } finally {
        disposeImages(batch);
      }
      isEmpty = false;
    }
    if (isEmpty) reject(subject, 'at least one batch of images', []);
  };

/** The class of each image of an epoch. */
async function labelsOf(batches: Batches): Promise<number[]> {
  const all: number[] = [];
  for await (const { labels } of batches(0)) all.push(...labels);
  return all;
}

/**
 * Trains the last layers of the base on, together with the head, which should have been trained before: a
 * head that knows nothing yet would pull the base astray. BatchNorm stays frozen, the rest of the base too.
 *
 * Afterwards the layers that learned are trainable, all others frozen. Gradients of convolutions that the
 * backend lacks, as wasm does, are registered first, by `supplyKernels`.
 *
 * `classWeights: 'balanced'` goes through the images of the first epoch once more, to count them. A checkpoint keeps the
 * weights that learn, and no others.
 *
 * @param model made by `attachHead`, its head trained by `fitHead`
 * @param batches each batch's images are disposed once they have been used
 * @returns the epochs, and which of them the weights are from: the best in validation, else the last
 * @throws ArgumentError on a wrong argument, where nothing is selected, on a batch whose images or labels don't fit the
 *   model, and where the loss stops being finite. On any error, and where `signal` comes before the first epoch, the model
 *   is as it was: its weights, and which of its layers are frozen
 */
export async function fineTune(
  model: tf.LayersModel,
  batches: BatchSource,
  options: FineTuneOptions = {},
): Promise<Outcome> {
  requireLayersModel('model', model);
  requireOptions('options', options);
  const { validation, classWeights, epochs = FINE_TUNE_EPOCHS, learningRate = 1e-5 } = options;
  requireSource('batches', batches);
  if (validation !== undefined) requireSource('validation', validation);
  const settings = resolveTrainingOptions({ ...options, epochs, learningRate });
  requireScoring('model', model);
  const classes = countClasses(model);
  requireClassWeights(classWeights, classes);
  const head = new Set(layersIn(model, 'head'));
  const base = model.layers.filter((layer) => !head.has(layer));
  const { select = lastStage(base) } = options;
  requireSelector(select);
  const isNorm = (layer: tf.layers.Layer) => layer.getClassName() === 'BatchNormalization';
  const learning = new Set(base.filter((layer) => select(layer) && !isNorm(layer)));
  if (learning.size === 0) {
    reject('select', 'a layer of the base', 'none', 'see model.summary() for their names');
  }
  const refreeze = keepFrozen(model);
  try {
    freeze(model, () => true);
    unfreeze(model, (layer) => learning.has(layer) || head.has(layer));
    await supplyKernels();
    const training = checked('batches', batches, model);
    const labels = classWeights === 'balanced' ? await labelsOf(training) : [];
    const course = {
      ...{ model, training, restores: true },
      validation: validation && checked('validation', validation, model),
      classWeights: weightsByClass(classWeights, labels, classes),
    };
    const outcome = await withLogits('model', model, (kind) =>
      new TrainingLoop({ ...course, kind }, settings).run(),
    );
    if (outcome.history.length === 0) refreeze();
    return outcome;
  } catch (error) {
    refreeze();
    throw error;
  }
}
