import * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject, requireKnown, requireMapShape, show } from '../errors.js';
import { type Head, isHead } from '../head/head.js';
import type { Shape } from '../layers/factory.js';
import {
  INITIAL_NAMES,
  type InitialWeights,
  resolveInitialWeights,
} from '../layers/initial-weights.js';
import { buildLayers, type LayerBuildOptions } from '../layers/tensorflow.js';
import { requireFeatureMap, requireLayersModel } from './check.js';
import { replay } from './replay.js';
import { markSeam } from './seam.js';

export function requireHead(value: unknown): asserts value is Head {
  if (!isHead(value)) {
    reject('head', 'a head { name, apply } or a tf.LayersModel', value, 'see pooledHead()');
  }
}

/** Builds a recipe's layers on `features`; on an error, none of their weights is left behind. */
function applyHead(
  head: Head,
  features: tf.SymbolicTensor,
  options: LayerBuildOptions,
): tf.SymbolicTensor {
  const builder = buildLayers(options);
  try {
    const output: unknown = head.apply(builder.layers, features);
    if (!(output instanceof tf.SymbolicTensor) || output.id === features.id) {
      reject(`head "${head.name}"`, 'apply() to return the output of its last layer', output);
    }
    return output;
  } catch (error) {
    builder.dispose();
    throw error;
  }
}

/** Applies a head that is already a model, trained or loaded, to `features`; its weights are shared. */
function applyHeadModel(
  head: tf.LayersModel,
  features: tf.SymbolicTensor,
  taken: ReadonlySet<string>,
): tf.SymbolicTensor {
  const [input, ...inputs] = head.inputs;
  const [output, ...outputs] = head.outputs;
  if (input === undefined || output === undefined || inputs.length > 0 || outputs.length > 0) {
    const got = `${head.inputs.length} and ${head.outputs.length}`;
    throw new ArgumentError(`head: expected a model with one input and one output, got ${got}`);
  }
  const fits =
    input.shape.length === features.shape.length &&
    input.shape.every((size, axis) => size === null || size === features.shape[axis]);
  if (!fits) {
    reject('head', `a model that takes the base's features ${show(features.shape)}`, input.shape);
  }
  const clash = head.layers.find(
    (layer) => layer.name !== input.sourceLayer.name && taken.has(layer.name),
  );
  if (clash !== undefined) {
    throw new ArgumentError(
      `head: expected layer names that the base does not have, got "${clash.name}" in both; rename it in one of them`,
    );
  }
  return replay(output, new Map([[input.id, features]]), (tensor) => {
    throw new ArgumentError(
      `head: expected every layer to depend on its input, got "${tensor.sourceLayer.name}", which doesn't`,
    );
  });
}

const hasModel = (value: unknown): value is { readonly model: tf.LayersModel } =>
  typeof value === 'object' &&
  value !== null &&
  !(value instanceof tf.LayersModel) &&
  'model' in value;

/**
 * Attaches a head to a base: any `tf.LayersModel` with one output `[batch, h, w, c]`, such as one that {@link resnet} builds or
 * one loaded from disk.
 *
 * The model shares the base's layers; nothing is copied. Disposing either of them disposes the base's weights, so dispose one
 * only when you need neither.
 *
 * @param base the model that computes features, or a backbone
 * @param head a recipe, whose layers are built here, or a head model (see {@link buildHead} and {@link splitModel}), whose
 *   trained weights are then shared with the result
 * @returns a model from the base's input to the head's output, which {@link splitModel} can split again, also after saving and
 *   loading
 * @throws ArgumentError if base and head don't fit; no tensor is left behind
 */
export function attachHead(
  base: tf.LayersModel | { readonly model: tf.LayersModel },
  head: Head,
  options?: InitialWeights,
): tf.LayersModel;
// A separate overload, so that the compiler infers the argument types of an inline recipe.
export function attachHead(
  base: tf.LayersModel | { readonly model: tf.LayersModel },
  head: tf.LayersModel,
): tf.LayersModel;
export function attachHead(
  backbone: tf.LayersModel | { readonly model: tf.LayersModel },
  head: Head | tf.LayersModel,
  options: InitialWeights = {},
): tf.LayersModel {
  const base: unknown = hasModel(backbone) ? backbone.model : backbone;
  requireLayersModel('base', base);
  requireKnown('options', options, INITIAL_NAMES);
  const initial = resolveInitialWeights(options);
  const features = requireFeatureMap('base', base);
  const taken = new Set(base.layers.map((layer) => layer.name));
  let output: tf.SymbolicTensor;
  if (head instanceof tf.LayersModel) {
    output = applyHeadModel(head, features, taken);
  } else {
    requireHead(head);
    output = applyHead(head, features, { ...initial, taken });
  }
  const model = tf.model({
    inputs: base.inputs,
    outputs: output,
    name: `${base.name}_${head.name}`,
  });
  markSeam(model, base, { features: features.sourceLayer.name });
  return model;
}

/** As {@link attachHead}, but disposes the base on an error: nobody else holds it. */
export function attachToOwn(
  base: tf.LayersModel,
  head: Head,
  options: InitialWeights,
): tf.LayersModel {
  try {
    return attachHead(base, head, options);
  } catch (error) {
    // A flatten head at a large input may not fit in memory.
    base.dispose();
    throw error;
  }
}

/**
 * Builds a head as a separate model from features to predictions, to train it on features that were computed once and attach it
 * to a base afterwards with {@link attachHead}.
 *
 * @param head the recipe
 * @param featureShape the shape of its input, `[height, width, channels]`
 * @returns a model that owns its weights; dispose it yourself
 * @throws ArgumentError if the head can't take such features; no tensor is left behind
 */
export function buildHead(
  head: Head,
  featureShape: Shape,
  options: InitialWeights = {},
): tf.LayersModel {
  requireHead(head);
  requireKnown('options', options, INITIAL_NAMES);
  const initial = resolveInitialWeights(options);
  requireMapShape('featureShape', featureShape);
  const features = tf.input({ shape: [...featureShape], name: 'features' });
  const taken = [features.sourceLayer.name];
  const output = applyHead(head, features, { ...initial, taken });
  return tf.model({ inputs: features, outputs: output, name: head.name });
}
