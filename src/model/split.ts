import * as tf from '@tensorflow/tfjs';
import { ArgumentError, requireOptions } from '../errors.js';
import { requireFeatureMap, requireLayersModel } from './check.js';
import { replay } from './replay.js';
import { findFeatures, readSeam } from './seam.js';

export interface SplitOptions {
  /**
   * Name of the layer whose output is the feature map. Needed for models that {@link attachHead}
   * didn't make.
   * @default where attachHead joined base and head
   */
  readonly at?: string;
}

export interface SplitModel {
  /** From images to features `[batch, h, w, c]`. */
  readonly base: tf.LayersModel;
  /** From features to predictions. */
  readonly head: tf.LayersModel;
}

/** A model's base, as a view that shares its layers, and the tensor that it ends in. */
function viewBase(model: tf.LayersModel, at: string | undefined) {
  if (at === undefined) {
    throw new ArgumentError(
      'model: expected one that attachHead() made, got one without its mark; name its last base layer: splitModel(model, { at })',
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
 * @throws ArgumentError where the seam isn't known
 */
export const baseOf = (model: tf.LayersModel): tf.LayersModel =>
  viewBase(model, readSeam(model)?.features).base;

/**
 * Parts a model at the seam between features and head, as timm's `forward_features` and
 * `forward_head` do.
 *
 * Both parts are views that share the model's weights: train one, and the model has learned. The
 * model owns the weights; to free all, dispose `head` first and the model after it. Leave `base` to
 * the model.
 *
 * @throws ArgumentError where the seam isn't known, or the head reads more than the features
 */
export function splitModel(model: tf.LayersModel, options: SplitOptions = {}): SplitModel {
  requireLayersModel('model', model);
  requireOptions('options', options);
  const at = options.at ?? readSeam(model)?.features;
  const { base, features, output, shape } = viewBase(model, at);
  const input = tf.input({ shape: shape.slice(1), name: `${features.sourceLayer.name}_features` });
  const predictions = replay(output, new Map([[features.id, input]]), (tensor) => {
    throw new ArgumentError(
      `model: expected a head that reads "${features.sourceLayer.name}" only, got one that reads "${tensor.sourceLayer.name}" too; cut it at another layer`,
    );
  });
  const head = tf.model({ inputs: input, outputs: predictions, name: `${model.name}_head` });
  return { base, head };
}
