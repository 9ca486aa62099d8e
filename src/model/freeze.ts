import * as tf from '@tensorflow/tfjs';
import { reject } from '../errors.js';
import { requireLayersModel } from './check.js';
import { layersIn } from './seam.js';

/** Says of a layer whether it is meant, e.g. `(layer) => layer.name.startsWith('conv5')`. */
export type LayerSelector = (layer: tf.layers.Layer) => boolean;

/** Layers whose `call` {@link freeze} has replaced. */
const heldInInference = new WeakSet<tf.layers.Layer>();

/** A model's layers, those of models within it included. */
const flat = (layers: readonly tf.layers.Layer[]): tf.layers.Layer[] =>
  layers.flatMap((layer) => (layer instanceof tf.LayersModel ? flat(layer.layers) : [layer]));

/**
 * Makes a BatchNorm use its moving statistics, and leave them alone, in training too. TensorFlow.js 4.22
 * does neither for `trainable = false`, where Keras does both.
 */
function holdInInference(layer: tf.layers.Layer): void {
  if (heldInInference.has(layer)) return;
  heldInInference.add(layer);
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => call(inputs, { ...kwargs, training: false });
}

function release(layer: tf.layers.Layer): void {
  if (!heldInInference.delete(layer)) return;
  // What remains is the class's own.
  Reflect.deleteProperty(layer, 'call');
}

/** Catches what is no selector, before anything is changed. */
export function requireSelector(select: unknown): void {
  if (select !== undefined && typeof select !== 'function') {
    reject('select', 'a function from a layer to true or false', select);
  }
}

/**
 * Keeps layers from learning: after `fit`, their weights are bit for bit what they were, BatchNorm's
 * moving statistics included, and in training they compute what they compute in use.
 *
 * Compile the model after this, not before: TensorFlow.js reads what is trainable when it compiles. A
 * model that was saved and loaded again remembers which layers are frozen, but not that their BatchNorm
 * is to hold still: freeze it again before you train it.
 *
 * @param select which layers; those of the base where {@link attachHead} made the model, else all
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
 * Lets layers learn again, BatchNorm included. Compile the model afterwards.
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
 * Remembers which layers are frozen.
 *
 * @returns what makes them so again
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
