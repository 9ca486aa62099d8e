import * as tf from '@tensorflow/tfjs';
import { ArgumentError, present, reject } from '../errors.js';
import { atLogits } from '../model/at-logits.js';
import { requireLayersModel } from '../model/check.js';
import { inputsOf } from '../model/graph.js';
import { replayAll, unreached } from '../model/replay.js';
import { countClasses, requireScoring } from '../model/scores.js';
import { ancestors, endOfBase } from '../model/seam.js';
import { supplyKernels } from '../train/kernels.js';

export interface ActivationMap {
  /**
   * `[h, w]` as the features, in units of the class's logit: evidence for the class at each position, or against it if
   * below zero. You dispose it.
   */
  readonly values: tf.Tensor2D;
  /** The image's logit of the class: its score before the last activation. */
  readonly score: number;
}

/** Computes the features of one image, `[1, h, w, c]`, which the caller disposes. */
export type ToFeatures = (features: tf.SymbolicTensor) => Promise<tf.Tensor4D>;

/** The tensors that the layer which decides the scores computes them from. */
function scored(output: tf.SymbolicTensor, layer: tf.layers.Layer): tf.SymbolicTensor[] {
  const inputs = inputsOf(output);
  const [input] = inputs;
  const decides =
    output.sourceLayer === layer || output.sourceLayer instanceof tf.LayersModel || !input;
  return decides ? inputs : scored(input, layer);
}

/** Whether all that `outputs` depend on goes through a tensor. */
function isBetween(tensor: tf.SymbolicTensor, outputs: readonly tf.SymbolicTensor[]): boolean {
  const seen = new Set([tensor.id]);
  const pending = [...outputs];
  for (let each = pending.pop(); each !== undefined; each = pending.pop()) {
    if (seen.has(each.id)) continue;
    seen.add(each.id);
    const inputs = inputsOf(each);
    if (inputs.length === 0) return false;
    pending.push(...inputs);
  }
  return true;
}

/**
 * The features that a head scores: where the backbone ends or, if that isn't known, the last map `[h, w, c]`. A map of one position
 * may be a pooled one, as in MobileNet's published top, so it is only taken if there is no other.
 */
function featuresOf(model: tf.LayersModel, layer: tf.layers.Layer): tf.SymbolicTensor {
  const isMap = ({ shape }: tf.SymbolicTensor) => shape.length === 4;
  const inputs = model.outputs.flatMap((output) => scored(output, layer));
  const known = endOfBase(model);
  if (known !== undefined && isMap(known)) {
    if (isBetween(known, inputs)) return known;
    throw new ArgumentError(
      `model: expected a head that reads the features "${known.sourceLayer.name}" only, got one that reads other layers of the backbone too`,
    );
  }
  const before = [...ancestors(...inputs)];
  const isWhole = (each: tf.SymbolicTensor) => isMap(each) && isBetween(each, inputs);
  return (
    before.find((each) => (each.shape[1] !== 1 || each.shape[2] !== 1) && isWhole(each)) ??
    before.find(isWhole) ??
    reject(
      'model',
      'features [batch, height, width, channels] that all scores are computed from',
      inputs.map(({ shape }) => shape),
      'build it with attachHead()',
    )
  );
}

/** Whether the scores are those of each position of the features. */
const isPerPosition = ({ outputs }: tf.LayersModel, features: tf.SymbolicTensor): boolean =>
  outputs.every(
    ({ shape }) =>
      shape.length === 4 && [1, 2].every((axis) => shape[axis] === features.shape[axis]),
  );

/**
 * Computes where in an image a model finds evidence for a class.
 *
 * A class activation map by HiResCAM (Draelos and Carin, arXiv 2011.08891): at each position, the sum over the channels of the
 * features times the gradient of the class's logit, times the number of positions. Only the head is differentiated. The map's mean
 * is the logit without what biases add:
 *
 * - With global pooling and one dense layer, the logit is the mean plus the class's bias. With average pooling, the map is that of
 *   Zhou et al. (arXiv 1512.04150); with a maximum, only the positions of the maxima count.
 * - With hidden units, flattened features or a head of your own, the biases of its layers count as well; a head without biases whose
 *   layers are linear, ReLUs or poolings has the logit as the mean.
 *
 * With a classifier of each position ({@link denseHead} without pooling), the map is exactly what the head computes: the class's
 * logit at each position, with all biases. `score` is its mean.
 *
 * @param toFeatures computes the features of the image
 * @throws ArgumentError if the model or class doesn't fit; no tensors are leaked
 */
export async function classActivationMap(
  model: tf.LayersModel,
  toFeatures: ToFeatures,
  classIndex: number,
): Promise<ActivationMap> {
  requireLayersModel('model', model);
  const { layer } = requireScoring('model', model);
  const classes = countClasses(model);
  if (!Number.isSafeInteger(classIndex) || classIndex < 0 || classIndex >= classes) {
    reject('classIndex', `an integer from 0 to ${classes - 1}`, classIndex);
  }
  const symbol = featuresOf(model, layer);
  // The gradients of convolutions, if the head has some.
  await supplyKernels();
  const features = await toFeatures(symbol);
  try {
    const { values, score } = tf.tidy(() =>
      atLogits(layer, () => mapOf(model, symbol, features, classIndex)),
    );
    return { values, score: await readScore(score, values) };
  } finally {
    features.dispose();
  }
}

/** Reads the score; if that fails, the values are disposed too. */
async function readScore(score: tf.Tensor, values: tf.Tensor): Promise<number> {
  try {
    const [logit = NaN] = await score.data();
    return logit;
  } catch (error) {
    values.dispose();
    throw error;
  } finally {
    score.dispose();
  }
}

/** The map of features, while the model returns logits. */
function mapOf(
  model: tf.LayersModel,
  symbol: tf.SymbolicTensor,
  features: tf.Tensor4D,
  classIndex: number,
): { readonly values: tf.Tensor2D; readonly score: tf.Scalar } {
  const [, height, width] = features.shape;
  /** The logit of the class at each position that the head scores, `[n]`. */
  const logitsOf = (x: tf.Tensor): tf.Tensor => {
    const [outputs] = replayAll<tf.Tensor>(model.outputs, new Map([[symbol.id, x]]), unreached);
    const logits = present(outputs, 'logits');
    const count = logits.shape.at(-1) ?? 1;
    const rows = logits.reshape<tf.Tensor2D>([-1, count]);
    // A single logit stands for the second of two classes.
    if (count === 1) return (classIndex === 0 ? rows.neg() : rows).reshape([-1]);
    return rows.slice([0, classIndex], [-1, 1]).reshape([-1]);
  };
  if (isPerPosition(model, symbol)) {
    const logits = logitsOf(features);
    return { values: logits.reshape([height, width]), score: logits.mean() };
  }
  const { value: score, grad } = tf.valueAndGrad((x) => logitsOf(x).mean())(features);
  const values = features
    .mul(grad)
    .sum(3)
    .mul<tf.Tensor>(height * width);
  return { values: values.reshape([height, width]), score: score as tf.Scalar };
}
