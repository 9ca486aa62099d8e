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
import type { AdamOutcome, Batches } from './course.js';
import { disposeImages, type LabelledBatch, requireBatch } from './features.js';
import { supplyKernels } from './kernels.js';
import { withLogits } from './logits.js';
import { requirePlainLayers } from './plain-layers.js';
import { TrainingLoop } from './training-loop.js';
import {
  type Resumable,
  resolveTrainingOptions,
  type TrainingOptions,
} from './training-options.js';

/**
 * Returns the batches of an epoch, counted from 0; called for each epoch, so that images can be augmented and shuffled again. A
 * resumed run asks for the remaining epochs only: if each depends only on its number, the result equals that of an uninterrupted
 * run.
 */
export type BatchSource = (epoch: number) => AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>;

export interface FineTuneSettings extends TrainingOptions {
  /**
   * Which layers of the base to train. BatchNorm is never trained: batches are too small for its statistics.
   * @default the convolutions of a ResNet's last stage, `conv5_…_conv`; for other backbones, the layers whose output has the size
   *   of the feature map
   */
  readonly select?: LayerSelector;
  /** @default 5 */
  readonly epochs?: number;
  /** Adam's learning rate, small because the base is already trained. @default 1e-5 */
  readonly learningRate?: number;
  /** Determines the order of the pictures and dropout. @default 0 */
  readonly seed?: number;
  /**
   * Stops training. Between epochs, the result so far is kept; during an epoch, training fails with the signal's reason, and the
   * weights from before training are restored.
   */
  readonly signal?: AbortSignal;
}

export interface FineTuneOptions extends FineTuneSettings, Resumable {
  readonly validation?: BatchSource;
}

/** Default number of epochs. */
export const FINE_TUNE_EPOCHS = 5;

/** The convolutions of a ResNet's last stage. */
const RESNET_STAGE = /^conv5_.*_conv$/;

/** Selects the last stage; for backbones other than ResNets, the layers whose output has the size of the feature map. */
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
  reject(subject, 'a function that returns the batches of an epoch', source);
}

/** Yields a source's batches; each is checked before and disposed after use. */
const checked = (subject: string, source: BatchSource, model: tf.LayersModel): Batches =>
  async function* (epoch) {
    let isEmpty = true;
    for await (const batch of source(epoch)) {
      try {
        requireBatch(batch, model, countClasses(model));
        const { images, labels, labelSets } = batch;
        yield { inputs: images, labels: Int32Array.from(labels), labelSets };
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
 * Trains the last layers of the base together with the head. Train the head first: gradients through an untrained head would
 * spoil the base's weights. BatchNorm and the rest of the base stay frozen.
 *
 * Afterwards, the trained layers are trainable and all others are frozen. `supplyKernels` first registers the gradients of
 * convolutions that a backend lacks (wasm).
 *
 * `classWeights: 'balanced'` reads the images of the first epoch once more, to count them. A checkpoint contains only the weights
 * that are trained.
 *
 * @param model from `attachHead`, with its head trained by `fitHead`
 * @param batches their images are disposed after use
 * @returns the epochs, and which of them the weights are from: the best in validation, or the last one without validation
 * @throws ArgumentError on an invalid argument, if no layer is selected, on a batch whose images or labels don't fit the model,
 *   or if the loss becomes infinite or NaN. On any error, and if `signal` aborts before the first epoch, the model's weights and
 *   frozen layers are what they were before
 */
export async function fineTune(
  model: tf.LayersModel,
  batches: BatchSource,
  options: FineTuneOptions = {},
): Promise<AdamOutcome> {
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
  requirePlainLayers('model', [...learning, ...head], 'constraints');
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
