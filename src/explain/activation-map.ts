import * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject } from '../errors.js';
import { requireLayersModel } from '../model/check.js';
import { inputsOf } from '../model/graph.js';

export interface ActivationMap {
  /**
   * `[h, w]` as the features, in units of the class's logit: evidence for the class at each position, or against it if
   * below zero. You dispose it.
   */
  readonly values: tf.Tensor2D;
  /** The image's logit of the class: its score before the last activation. */
  readonly score: number;
}

/** Layer types that can follow the logits. */
const AFTER_LOGITS = new Set(['Activation', 'Dropout', 'Softmax']);
/** Layer types that can be between the pooling and the logits: they have no effect in prediction. */
const AFTER_POOLING = new Set(['Dropout']);

/** The tensor that `tensor` is computed from, if there is exactly one. */
function before(tensor: tf.SymbolicTensor): tf.SymbolicTensor | undefined {
  const [input, ...others] = inputsOf(tensor);
  return others.length > 0 ? undefined : input;
}

/** The nearest tensor, from `tensor` backwards, whose layer is of another type. */
function skip(tensor: tf.SymbolicTensor, types: ReadonlySet<string>): tf.SymbolicTensor {
  if (!types.has(tensor.sourceLayer.getClassName())) return tensor;
  const input = before(tensor);
  return input === undefined ? tensor : skip(input, types);
}

/** The layer that scores the classes, and its features. */
interface Scoring {
  readonly layer: tf.layers.Layer;
  /** `[batch, h, w, c]`. */
  readonly features: tf.SymbolicTensor;
  /** Whether the features are averaged before they are scored. */
  readonly averaged: boolean;
  readonly numClasses: number;
}

const EXPECTED =
  'model: expected a last dense layer on averaged features, or on each position of a map';

const ONE_MAXIMUM = 'a maximum comes from one position, so the others have no share of the logit';
const POOLED_BY_MAXIMUM: Readonly<Record<string, string>> = {
  GlobalMaxPooling2D: ONE_MAXIMUM,
  Average: ONE_MAXIMUM,
  Concatenate: ONE_MAXIMUM,
};

/** Finds the layer that scores the classes, from the output backwards; works for models of other software too. */
function findScoring(model: tf.LayersModel): Scoring {
  const [output, ...others] = model.outputs;
  if (output === undefined || others.length > 0 || model.inputs.length !== 1) {
    const got = `${model.inputs.length} and ${model.outputs.length}`;
    throw new ArgumentError(`model: expected one input and one output, got ${got}`);
  }
  const scores = skip(output, AFTER_LOGITS);
  const layer = scores.sourceLayer;
  const remedy = 'build it with pooledHead() or denseHead()';
  const input = layer.getClassName() === 'Dense' ? before(scores) : undefined;
  if (input === undefined) {
    throw new ArgumentError(
      `${EXPECTED}, got "${layer.name}" (${layer.getClassName()}) as the last layer; ${remedy}`,
    );
  }
  const numClasses = scores.shape.at(-1) ?? 0;
  if (input.shape.length === 4) return { layer, features: input, averaged: false, numClasses };

  const pooled = skip(input, AFTER_POOLING);
  const type = pooled.sourceLayer.getClassName();
  const features = type === 'GlobalAveragePooling2D' ? before(pooled) : undefined;
  if (features === undefined) {
    const why =
      POOLED_BY_MAXIMUM[type] ??
      'its output is not a sum over positions, so no position has a share of the logit';
    throw new ArgumentError(
      `${EXPECTED}, got one on "${pooled.sourceLayer.name}" (${type}): ${why}; ${remedy}, pooling 'avg'`,
    );
  }
  return { layer, features, averaged: true, numClasses };
}

/** Makes a batch of one from the image, after checking that it fits the model; the caller disposes it. */
function asBatch(image: tf.Tensor, model: tf.LayersModel): tf.Tensor4D {
  const expected: readonly (number | null)[] = model.inputs[0]?.shape ?? [];
  if (!((image as unknown) instanceof tf.Tensor)) reject('image', 'a tensor [h, w, c]', image);
  const shape: readonly number[] = image.shape.length === 3 ? [1, ...image.shape] : image.shape;
  const fits =
    shape.length === expected.length &&
    shape[0] === 1 &&
    expected.every((size, axis) => axis === 0 || size === null || size === shape[axis]);
  if (!fits) {
    reject(
      'image',
      `one image ${JSON.stringify(expected.slice(1)).replaceAll(',', ', ')}, as the model's input`,
      image.shape,
      'resize it, and pass one image at a time',
    );
  }
  return image.toFloat().reshape([...shape]);
}

/** Computes the features of one image, `[1, h, w, c]`, which the caller disposes. */
export type ToFeatures = (features: tf.SymbolicTensor) => Promise<tf.Tensor4D>;

/**
 * Computes a class activation map (Zhou et al., arXiv 1512.04150): where in the image a model finds evidence for a class.
 *
 * - With average pooling and one dense layer ({@link pooledHead}, `resnet({ includeTop: true })` and most published
 *   classifiers): `Σ_k w_k f_k(x, y)`, the features at each position weighted by the class's weights. The logit is the map's
 *   mean plus the class's bias.
 * - With a classifier of each position ({@link denseHead} without pooling): the class's logit at each position, including the
 *   bias; `score` is their mean.
 *
 * Other heads mix the positions before they score the classes, so they have no such map.
 *
 * @param image `[h, w, c]` or `[1, h, w, c]`, preprocessed as the model expects, and not disposed; or what computes its features
 * @throws ArgumentError if the model, image or class doesn't fit; no tensors are leaked
 */
export async function classActivationMap(
  model: tf.LayersModel,
  image: tf.Tensor3D | tf.Tensor4D | ToFeatures,
  classIndex: number,
): Promise<ActivationMap> {
  requireLayersModel('model', model);
  const { layer, features, averaged, numClasses } = findScoring(model);
  if (!Number.isSafeInteger(classIndex) || classIndex < 0 || classIndex >= numClasses) {
    reject('classIndex', `an integer from 0 to ${numClasses - 1}`, classIndex);
  }
  const map =
    typeof image === 'function'
      ? await image(features)
      : tf.tidy(() => {
          // Shares the model's layers. splitModel() would apply the head's layers again, which adds a node to them at each call.
          const toFeatures = tf.model({ inputs: model.inputs, outputs: features });
          return toFeatures.predict(asBatch(image, model)) as tf.Tensor4D;
        });
  try {
    return await mapOf(layer, map, averaged, classIndex);
  } finally {
    map.dispose();
  }
}

/** The activation map of features. */
async function mapOf(
  layer: tf.layers.Layer,
  map: tf.Tensor4D,
  averaged: boolean,
  classIndex: number,
): Promise<ActivationMap> {
  const { values, score } = tf.tidy(() => {
    const [kernel, bias] = layer.getWeights();
    if (kernel === undefined) throw new Error(`layer "${layer.name}" has no weights`);
    const [, height, width, channels] = map.shape;
    const weights = kernel.slice([0, classIndex], [channels, 1]).as2D(channels, 1);
    const evidence = map
      .reshape<tf.Tensor2D>([height * width, channels])
      .matMul(weights)
      .reshape<tf.Tensor2D>([height, width]);
    const intercept = bias?.slice(classIndex, 1).asScalar() ?? tf.scalar(0);
    const logits = evidence.add<tf.Tensor2D>(intercept);
    return { values: averaged ? evidence : logits, score: logits.mean() };
  });
  try {
    const [logit = NaN] = await score.data();
    return { values, score: logit };
  } catch (error) {
    values.dispose();
    throw error;
  } finally {
    score.dispose();
  }
}
