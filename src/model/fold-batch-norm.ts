import * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject, requireKnown } from '../errors.js';
import { requireLayersModel } from './check.js';
import { findUncopied, fold, type Folding, isRegistered, planFolding } from './fold.js';
import { ancestors, findFeatures, markSeam, readSeam } from './seam.js';

export interface FoldOptions {
  /**
   * Whether to run both models on one image, drawn uniformly from [−1, 1) by a seed, 64 high and wide where the model
   * leaves that open, and to measure the error. @default false
   */
  readonly measure?: boolean;
  /** Images to measure the error on in place of that one: a batch as the model takes it, one tensor for each of its inputs. Stays yours. */
  readonly images?: tf.Tensor | tf.Tensor[];
}

export interface FoldedModel {
  /** Answers as the model that came in. It owns its weights; dispose it yourself. */
  readonly model: tf.LayersModel;
  /** Names of the BatchNorms that are gone. */
  readonly folded: readonly string[];
  /** Names of those that stay, as they follow no convolution into which they could go. */
  readonly kept: readonly string[];
  /** If measured, the largest difference between the two models' outputs, relative to the largest value of the output. */
  readonly maxError?: number;
}

const OPEN_SIZE = 64;
const SEED = 1;

function requireCopyable(model: tf.LayersModel): void {
  requireLayersModel('model', model);
  if (model.outputs.length === 0) reject('model', 'one that is built', 'one without an output');
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
      `model: expected layers of classes that TensorFlow.js can make again, got "${name}" of ${layer.constructor.name}; see tf.serialization.registerClass()`,
    );
  }
  throw new ArgumentError(`model: expected each layer to be applied once, got "${name}" twice`);
}

/** What the head of a model that {@link attachHead} made begins at. */
function featuresOf(model: tf.LayersModel): tf.SymbolicTensor[] {
  const seam = readSeam(model);
  const found = model.outputs.map((output) => seam && findFeatures(output, seam.features));
  return found.filter((tensor) => tensor !== undefined);
}

/** Keeps what the model's makers wrote down, and the seam, whose layer may have gone into another. */
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

/** Read without blocking, as WebGPU needs it. */
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
    // Math.max passes a NaN on.
    worst = Math.max(worst, Math.abs(got - wanted));
    largest = Math.max(largest, Math.abs(wanted));
  }
  return worst === 0 ? 0 : worst / largest;
}

/**
 * Makes a model for inference that answers the same without its BatchNorms: they go into the kernels and
 * biases of the convolutions before them. A ReLU behind such a BatchNorm goes along, as TensorFlow.js then runs
 * one kernel for both.
 *
 * Folded are `BatchNormalization` layers on the last axis, each behind a `Conv2D`, `DepthwiseConv2D` or
 * `Dense` that has no activation and that nothing else reads. Those behind anything else stay, such as
 * a `SeparableConv2D` or a padding. Convolutions keep their names; where the model's last layer went into
 * one, that is the last layer now. {@link splitModel} cuts where it cut.
 *
 * The result is frozen. The model that came in stays as it is, and yours.
 *
 * @throws ArgumentError where a layer can't be copied: a model as a layer, one that is applied twice, one of
 *   a class that isn't registered; no tensor is left behind
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
    // Not those of `model.layers`: a Sequential that begins with a model lists that one only.
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
