import * as tf from '@tensorflow/tfjs';
import { reject } from '../errors.js';
import { requireLayersModel } from './check.js';
import { layersIn } from './seam.js';

/** Selects layers, e.g. `(layer) => layer.name.startsWith('conv5')`. */
export type LayerSelector = (layer: tf.layers.Layer) => boolean;

/** Layers whose `call` {@link freeze} has replaced. */
const heldInInference = new WeakSet<tf.layers.Layer>();

/** A model's layers, including those of nested models. */
const flat = (layers: readonly tf.layers.Layer[]): tf.layers.Layer[] =>
  layers.flatMap((layer) => (layer instanceof tf.LayersModel ? flat(layer.layers) : [layer]));

/**
 * Makes a BatchNorm use its moving statistics in training, too, and leave them unchanged. In Keras, `trainable = false` does
 * both; in TensorFlow.js 4.22 it does neither.
 */
function holdInInference(layer: tf.layers.Layer): void {
  if (heldInInference.has(layer)) return;
  heldInInference.add(layer);
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => call(inputs, { ...kwargs, training: false });
}

function release(layer: tf.layers.Layer): void {
  if (!heldInInference.delete(layer)) return;
  // The method of the class remains.
  Reflect.deleteProperty(layer, 'call');
}

/** Checks a selector before anything is changed. */
export function requireSelector(select: unknown): void {
  if (select !== undefined && typeof select !== 'function') {
    reject('select', 'a function that returns true or false for a layer', select);
  }
}

/**
 * Freezes layers: training leaves their weights unchanged bit for bit, including BatchNorm's moving statistics, and they compute
 * the same in training as in inference.
 *
 * Call this before compiling the model: TensorFlow.js reads what is trainable when it compiles. A saved and reloaded model
 * remembers which layers are frozen, but not the inference mode of their BatchNorms: freeze it again before training.
 *
 * @param select which layers; by default the base of a model that {@link attachHead} made, otherwise all layers
 */
export function freeze(model: tf.LayersModel, select?: LayerSelector): void {
  requireLayersModel('model', model);
  requireSelector(select);
  const layers = flat(select === undefined ? layersIn(model, 'base') : model.layers);
  for (const layer of layers.filter(select ?? (() => true))) {
    layer.trainable = false;
    if (layer.getClassName() === 'BatchNormalization') holdInInference(layer);
  }
}

/**
 * Unfreezes layers, including BatchNorms. Compile the model afterwards.
 *
 * To fine-tune the last stage and leave every BatchNorm frozen, as is usual with small batches:
 * `unfreeze(model, (layer) => /^conv5.*_conv$/.test(layer.name))`.
 *
 * @param select which layers; all by default
 */
export function unfreeze(model: tf.LayersModel, select?: LayerSelector): void {
  requireLayersModel('model', model);
  requireSelector(select);
  for (const layer of flat(model.layers).filter(select ?? (() => true))) {
    layer.trainable = true;
    release(layer);
  }
}

/**
 * Records which layers are frozen.
 *
 * @returns a function that restores this state
 */
export function keepFrozen(model: tf.LayersModel): () => void {
  const were = flat(model.layers).map(
    (layer) => [layer, layer.trainable, heldInInference.has(layer)] as const,
  );
  return () => {
    for (const [layer, trainable, held] of were) {
      layer.trainable = trainable;
      if (held) holdInInference(layer);
      else release(layer);
    }
  };
}
