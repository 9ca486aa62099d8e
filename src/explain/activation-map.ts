import * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject } from '../errors.js';
import { requireLayersModel } from '../model/check.js';
import { inputsOf } from '../model/graph.js';

export interface ActivationMap {
  /**
   * `[h, w]` of the features, in units of the class's logit: how much each position speaks for the
   * class, or below zero against it. Yours to dispose.
   */
  readonly values: tf.Tensor2D;
  /** The class's logit for the image: its score before the last activation. */
  readonly score: number;
}

/** Layers that may follow the logits: what turns them into scores. */
const AFTER_LOGITS = new Set(['Activation', 'Dropout', 'Softmax']);
/** Layers that may lie between the pooling and the logits: they do nothing in use. */
const AFTER_POOLING = new Set(['Dropout']);

/** The one tensor that `tensor` is computed of, if it is one, and a layer computes it. */
function before(tensor: tf.SymbolicTensor): tf.SymbolicTensor | undefined {
  const [input, ...others] = inputsOf(tensor);
  return others.length > 0 ? undefined : input;
}

/** `tensor`, or the nearest before it that a layer of another type made. */
function skip(tensor: tf.SymbolicTensor, types: ReadonlySet<string>): tf.SymbolicTensor {
  if (!types.has(tensor.sourceLayer.getClassName())) return tensor;
  const input = before(tensor);
  return input === undefined ? tensor : skip(input, types);
}

/** Where the classes are scored, and of what. */
interface Scoring {
  readonly layer: tf.layers.Layer;
  /** `[batch, h, w, c]`, what the last layer scores, or what it scores the average of. */
  readonly features: tf.SymbolicTensor;
  /** Whether the features are averaged before they are scored. */
  readonly averaged: boolean;
  readonly numClasses: number;
}

const EXPECTED =
  'model: expected a last dense layer on averaged features, or on each position of a map';

const ONE_MAXIMUM = 'a maximum is one position’s, and leaves no share of the logit to the others';
const POOLED_BY_MAXIMUM: Readonly<Record<string, string>> = {
  GlobalMaxPooling2D: ONE_MAXIMUM,
  Average: ONE_MAXIMUM,
  Concatenate: ONE_MAXIMUM,
};

/** Finds the layer that scores the classes by walking back from the output, without a mark of ours. */
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
      'what it computes is no sum over positions, so no position has a share of the logit';
    throw new ArgumentError(
      `${EXPECTED}, got one on "${pooled.sourceLayer.name}" (${type}): ${why}; ${remedy}, pooling 'avg'`,
    );
  }
  return { layer, features, averaged: true, numClasses };
}

/** `image` as a batch of one, checked against what the model takes; the caller's to dispose. */
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
      `one image ${JSON.stringify(expected.slice(1)).replaceAll(',', ', ')}, as the model takes them`,
      image.shape,
      'resize it, and pass one image at a time',
    );
  }
  return image.toFloat().reshape([...shape]);
}

/**
 * Where in the image a model sees a class: the class activation map of Zhou et al. (arXiv 1512.04150).
 *
 * - Average pooling, then one dense layer ({@link pooledHead}, `resnet({ includeTop: true })`, and most
 *   published classifiers): `Σ_k w_k f_k(x, y)`, the features at each position weighted as the class
 *   weights their averages. The logit is the map's mean plus the class's bias.
 * - A classifier of each position ({@link denseHead} without pooling): the class's logit there, its bias
 *   included; `score` is their mean.
 *
 * Any other head mixes positions before it scores classes, and there is no map of what each one gave.
 *
 * @param image `[h, w, c]` or `[1, h, w, c]`, preprocessed as the model expects it; still yours to dispose
 * @throws ArgumentError where model, image or class don't fit; no tensor is left behind
 */
export async function classActivationMap(
  model: tf.LayersModel,
  image: tf.Tensor3D | tf.Tensor4D,
  classIndex: number,
): Promise<ActivationMap> {
  requireLayersModel('model', model);
  const { layer, features, averaged, numClasses } = findScoring(model);
  if (!Number.isSafeInteger(classIndex) || classIndex < 0 || classIndex >= numClasses) {
    reject('classIndex', `an integer from 0 to ${numClasses - 1}`, classIndex);
  }
  // A view of the model's own layers. Not splitModel(), which applies the head's layers anew: they would
  // keep a node of each map that was ever drawn.
  const toFeatures = tf.model({ inputs: model.inputs, outputs: features });
  const { values, score } = tf.tidy(() => {
    const [kernel, bias] = layer.getWeights();
    if (kernel === undefined) throw new Error(`layer "${layer.name}" has no weights`);
    const map = toFeatures.predict(asBatch(image, model)) as tf.Tensor4D;
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
