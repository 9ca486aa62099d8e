import * as tf from '@tensorflow/tfjs';
import { ArgumentError, requireOptions } from '../errors.js';
import { requireFeatureMap, requireLayersModel } from './check.js';
import { replay } from './replay.js';
import { findFeatures, readSeam } from './seam.js';

export interface SplitOptions {
  /**
   * Name of the layer whose output is the feature map. Required for models that {@link attachHead} didn't make.
   * @default the last layer of the base
   */
  readonly at?: string;
}

export interface SplitModel {
  /** From images to features `[batch, h, w, c]`. */
  readonly base: tf.LayersModel;
  /** From features to predictions. */
  readonly head: tf.LayersModel;
}

/** A view of a model's base that shares its layers, and the tensor that it ends in. */
function viewBase(model: tf.LayersModel, at: string | undefined) {
  if (at === undefined) {
    throw new ArgumentError(
      'model: expected one that attachHead() made, got another one; name the last layer of its base: splitModel(model, { at })',
    );
  }
  const [output, ...others] = model.outputs;
  if (output === undefined || others.length > 0) {
    throw new ArgumentError(`model: expected one output, got ${model.outputs.length}`);
  }
  const features = findFeatures(output, at);
  if (features === undefined || features.id === output.id) {
    throw new ArgumentError(
      `at: expected the name of a layer before the model's output, got ${JSON.stringify(at)}; see model.summary()`,
    );
  }
  const base = tf.model({ inputs: model.inputs, outputs: features, name: `${model.name}_base` });
  const { shape } = requireFeatureMap('at', base);
  return { base, features, output, shape };
}

/**
 * The base of a model that {@link attachHead} made; the model owns its weights.
 *
 * @throws ArgumentError if it isn't known where the base ends
 */
export const baseOf = (model: tf.LayersModel): tf.LayersModel =>
  viewBase(model, readSeam(model)?.features).base;

/**
 * Splits a model into its base and its head, as timm's `forward_features` and `forward_head` do.
 *
 * Both parts are views that share the model's weights: training one of them trains the model. The model owns the weights; to free
 * everything, dispose `head` and then the model, but not `base`.
 *
 * @throws ArgumentError if it isn't known where the base ends, or if the head reads more than the features
 */
export function splitModel(model: tf.LayersModel, options: SplitOptions = {}): SplitModel {
  requireLayersModel('model', model);
  requireOptions('options', options);
  const at = options.at ?? readSeam(model)?.features;
  const { base, features, output, shape } = viewBase(model, at);
  const input = tf.input({ shape: shape.slice(1), name: `${features.sourceLayer.name}_features` });
  const predictions = replay(output, new Map([[features.id, input]]), (tensor) => {
    throw new ArgumentError(
      `model: expected a head that reads "${features.sourceLayer.name}" only, got one that reads "${tensor.sourceLayer.name}" too; split it at another layer`,
    );
  });
  const head = tf.model({ inputs: input, outputs: predictions, name: `${model.name}_head` });
  return { base, head };
}
