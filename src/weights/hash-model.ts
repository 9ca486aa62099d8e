import * as tf from '@tensorflow/tfjs';
import { type Call, callOf, inputsOf } from '../model/graph.js';
import { bytesOf } from '../bytes.js';
import { sha256 } from '../sha256.js';

/** Settings that don't affect inference: the name, and settings that only training uses. */
const IGNORED = /^(name|trainable|seed|\w*(initializer|regularizer|constraint))$/i;

type Json = null | string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

/** Settings as JSON with sorted keys, without the {@link IGNORED} ones. Null counts as absent, because saving a model turns one into the other. */
function canonical(value: unknown): Json {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([key]) => !IGNORED.test(key))
      .map(([key, each]) => [key, canonical(each)] as const)
      .filter(([, each]) => each !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries);
  }
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  // JSON can't represent infinity.
  return typeof value === 'number' ? (Number.isFinite(value) ? value : String(value)) : null;
}

/**
 * Describes a model as JSON: its inputs, each layer that the outputs depend on, and the calls of these layers. Layers and calls are
 * numbered in the order in which they are reached from the outputs, so that names and the order of `model.layers` don't matter.
 *
 * @param leaves receives the layers that hold weights, in that order
 */
function describe(model: tf.LayersModel, leaves: tf.layers.Layer[]): Json {
  const layers = new Map<tf.layers.Layer, number>();
  const layerList: Json[] = [];
  const calls = new Map<Call, number>();
  const callList: Json[] = [];

  const numberOf = (layer: tf.layers.Layer): number => {
    const known = layers.get(layer);
    if (known !== undefined) return known;
    const number = layers.size;
    layers.set(layer, number);
    if (layer instanceof tf.LayersModel) {
      layerList.push(describe(layer, leaves));
    } else {
      layerList.push([layer.getClassName(), canonical(layer.getConfig())]);
      leaves.push(layer);
    }
    return number;
  };

  const inputs = new Map(model.inputs.map(({ id }, i) => [id, i]));
  const visit = (tensor: tf.SymbolicTensor): Json => {
    const input = inputs.get(tensor.id);
    if (input !== undefined) return ['input', input];
    const node = callOf(tensor);
    let call = calls.get(node);
    if (call === undefined) {
      const sources = inputsOf(tensor).map(visit);
      callList.push([numberOf(tensor.sourceLayer), sources, canonical(node.callArgs)]);
      call = calls.size;
      calls.set(node, call);
    }
    return [call, tensor.tensorIndex];
  };

  const outputs = model.outputs.map(visit);
  return {
    inputs: model.inputs.map(({ shape, dtype }) => [canonical(shape), dtype]),
    ...{ layers: layerList, calls: callList, outputs },
  };
}

async function hashWeight(variable: tf.LayerVariable): Promise<Json> {
  const hash = await sha256(bytesOf(await variable.read().data()));
  return [variable.dtype, canonical(variable.shape), hash];
}

/**
 * Computes a SHA-256 hash of a model's input shapes, layers with their settings, connections and weights. Two models with the same
 * hash give the same outputs.
 *
 * Names, `trainable`, initialisers, regularisers and the order of keys in a file are ignored, so that saving and loading a
 * model keeps its hash, even if TensorFlow.js renames the layers.
 */
export async function hashModel(model: tf.LayersModel): Promise<string> {
  const leaves: tf.layers.Layer[] = [];
  const graph = describe(model, leaves);
  const weights: Json[] = [];
  // One at a time, because reading copies: all at once would double the memory.
  for (const layer of leaves) {
    for (const variable of layer.weights) weights.push(await hashWeight(variable));
  }
  return sha256(JSON.stringify([graph, weights]));
}
