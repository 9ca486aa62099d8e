import * as tf from '@tensorflow/tfjs';
import { ArgumentError, requireKnown } from '../errors.js';
import { requireLayersModel } from './check.js';
import { findUncopied, fold, type Folding, isRegistered, planFolding } from './fold.js';
import { ancestors, findFeatures, markSeam, readSeam } from './seam.js';

export interface FoldOptions {
  /**
   * Whether to measure the error by running both models on one random image: uniform in [−1, 1), with a fixed seed, and 64 pixels
   * high and wide if the model's input size is variable.
   * @default false
   */
  readonly measure?: boolean;
  /** Images to measure the error on instead: a batch as the model takes it, one tensor per input. They remain the caller's. */
  readonly images?: tf.Tensor | tf.Tensor[];
}

export interface FoldedModel {
  /** Gives the same outputs as the original. It owns its weights; dispose it yourself. */
  readonly model: tf.LayersModel;
  /** Names of the BatchNorms that were folded. */
  readonly folded: readonly string[];
  /** Names of the BatchNorms that remain, as they don't follow a layer that they can be folded into. */
  readonly kept: readonly string[];
  /** If measured: the largest difference between the outputs of the two models, relative to the largest value of the output. */
  readonly maxError?: number;
}

const OPEN_SIZE = 64;
const SEED = 1;

function requireCopyable(model: tf.LayersModel): void {
  requireLayersModel('model', model);
  if (model.outputs.length === 0) {
    throw new ArgumentError('model: expected one that is built, got one without outputs');
  }
  const layer = findUncopied(model);
  if (layer === undefined) return;
  const { name } = layer;
  if (layer instanceof tf.LayersModel) {
    throw new ArgumentError(
      `model: expected layers only, got the model "${name}" as a layer; apply its layers one by one, as attachHead() does`,
    );
  }
  if (!isRegistered(layer)) {
    throw new ArgumentError(
      `model: expected layers of registered classes, got "${name}" of ${layer.constructor.name}; call tf.serialization.registerClass() first`,
    );
  }
  throw new ArgumentError(`model: expected each layer to be applied once, got "${name}" twice`);
}

/** The features that the head of a model from {@link attachHead} reads. */
function featuresOf(model: tf.LayersModel): tf.SymbolicTensor[] {
  const seam = readSeam(model);
  const found = model.outputs.map((output) => seam && findFeatures(output, seam.features));
  return found.filter((tensor) => tensor !== undefined);
}

/** Copies the model's metadata and where its base ends, as that layer may have been folded into another. */
function keepMetadata(
  folded: tf.LayersModel,
  model: tf.LayersModel,
  [features]: readonly tf.SymbolicTensor[],
  { into }: Folding,
): void {
  const metadata = model.getUserDefinedMetadata() as object | undefined;
  if (metadata !== undefined) folded.setUserDefinedMetadata({ ...metadata });
  const layer = features?.sourceLayer;
  if (layer !== undefined) markSeam(folded, model, { features: (into.get(layer) ?? layer).name });
}

const drawInputs = ({ inputs }: tf.LayersModel): tf.Tensor[] =>
  inputs.map(({ shape: [, ...sizes] }) =>
    tf.randomUniform([1, ...sizes.map((size) => size ?? OPEN_SIZE)], -1, 1, 'float32', SEED),
  );

/** Reads results asynchronously, as WebGPU requires. */
async function measureError(
  model: tf.LayersModel,
  folded: tf.LayersModel,
  images: FoldOptions['images'],
): Promise<number> {
  const answers = tf.tidy(() => {
    const inputs = images ?? drawInputs(model);
    return [model, folded].map((each) => [each.predict(inputs)].flat());
  });
  try {
    const [expected = [], received = []] = await Promise.all(
      answers.map((outputs) => Promise.all(outputs.map((output) => output.data()))),
    );
    return Math.max(...expected.map((values, i) => relativeError(values, received[i] ?? [])));
  } finally {
    tf.dispose(answers);
  }
}

function relativeError(expected: ArrayLike<number>, received: ArrayLike<number>): number {
  let [worst, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [wanted = NaN, got = NaN] = [expected[i], received[i]];
    // Math.max propagates NaN.
    worst = Math.max(worst, Math.abs(got - wanted));
    largest = Math.max(largest, Math.abs(wanted));
  }
  return worst === 0 ? 0 : worst / largest;
}

/**
 * Folds BatchNorms into the kernels and biases of the convolutions before them: the result is a model for inference with the same
 * outputs. A ReLU after such a BatchNorm is folded as well, as TensorFlow.js then runs one kernel for both.
 *
 * This applies to `BatchNormalization` layers on the last axis that follow a `Conv2D`, `DepthwiseConv2D` or `Dense` layer without
 * activation whose output nothing else reads. Others remain, for example after a `SeparableConv2D` or a padding. Convolutions
 * keep their names; if the model's last layer was folded into one, that one is now the last layer. {@link splitModel} splits the
 * result at the same place.
 *
 * The result is frozen. The original model is unchanged and remains the caller's.
 *
 * @throws ArgumentError if a layer can't be copied: a model as a layer, a layer that is applied twice, or one of an unregistered
 *   class. No tensor is left behind
 */
export async function foldBatchNorm(
  model: tf.LayersModel,
  options: FoldOptions = {},
): Promise<FoldedModel> {
  requireKnown('options', options, { measure: true, images: true });
  requireCopyable(model);
  const features = featuresOf(model);
  const folding = planFolding(model, features);
  const copy = fold(model, folding);
  try {
    keepMetadata(copy, model, features, folding);
    // Not `model.layers`: a Sequential that begins with a model lists only that model.
    const layers = [...ancestors(...model.outputs)].map(({ sourceLayer }) => sourceLayer).reverse();
    const norms = layers.filter((layer) => layer.getClassName() === 'BatchNormalization');
    const [folded, kept] = [true, false].map((gone) =>
      norms.filter((norm) => folding.into.has(norm) === gone).map(({ name }) => name),
    ) as [string[], string[]];
    const { images, measure = images !== undefined } = options;
    const error = measure && { maxError: await measureError(model, copy, images) };
    return { model: copy, folded, kept, ...error };
  } catch (error) {
    copy.dispose();
    throw error;
  }
}
