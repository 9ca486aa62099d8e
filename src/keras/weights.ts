import type * as tf from '@tensorflow/tfjs';
import { show } from '../errors.js';
import { sameShape, volume } from '../layers/cost/layer-cost.js';
import { buildWithin } from '../model/from-topology.js';
import { assign } from '../weights/assign.js';
import { WeightsError } from '../weights/errors.js';
import { requireFinite } from '../weights/finite.js';
import type { NamedArray } from '../weights/formats/named-array.js';
import { weightsOf } from '../model/weights.js';
import type { Assignment } from '../weights/match.js';
import type { WeightLookup } from './scope.js';
import { translateTopology, type Translation } from './translate.js';

/** Finds the value of every weight of a model. */
function findWeights(
  subject: string,
  model: tf.LayersModel,
  { sources, constants }: Translation,
  lookup: WeightLookup,
): Assignment[] {
  const fail = (weight: string, expected: string, got: string): never => {
    throw new WeightsError(
      `${subject}: ${weight} expected ${expected}, got ${got}; save the whole model again`,
    );
  };
  const assignments: Assignment[] = [];
  for (const layer of model.layers) {
    const source = sources.get(layer.name);
    const find = (index: number, variable: string) =>
      source ? lookup(source, index, variable) : constants.get(layer.name)?.[index];
    const weights = weightsOf(layer);
    for (const [index, { name, variable }] of weights.entries()) {
      const array = find(index, name.slice(layer.name.length + 1));
      const shape = variable.shape as number[];
      if (array === undefined) return fail(name, show(shape), 'nothing');
      if (!sameShape(array.shape, shape)) fail(name, show(shape), show(array.shape));
      requireFinite(subject, name, array.data);
      assignments.push({ name, variable, array });
    }
    // If the layer has fewer weights than the file, it would give wrong results.
    if (weights.length > 0 && find(weights.length, '') !== undefined) {
      fail(layer.name, `${weights.length} weights`, 'more');
    }
  }
  return assignments;
}

/**
 * Builds a Keras 3 model with its weights.
 *
 * @param subject name of the file in error messages
 * @param arrays all arrays of the file, which limit the size of the model
 * @throws ArgumentError if TensorFlow.js can't compute it, WeightsError if the weights don't fit it; all tensors are freed then
 */
export async function buildKerasModel(
  subject: string,
  config: unknown,
  arrays: readonly NamedArray[],
  lookup: WeightLookup,
): Promise<tf.LayersModel> {
  const translation = translateTopology(config, subject, lookup);
  const held = [...arrays, ...[...translation.constants.values()].flat()];
  const numbers = held.reduce((sum, { shape }) => sum + volume(shape), 0);
  const model = await buildWithin(subject, translation.topology, numbers, 'weights');
  try {
    assign(findWeights(subject, model, translation, lookup));
  } catch (error) {
    // Not model.dispose(): in TensorFlow.js it doesn't free layers that are called twice.
    for (const variable of model.weights) variable.dispose();
    throw error;
  }
  return model;
}

/** Finds weights by their names in a `model.json`, which end in the layer's and the weight's name: `conv/kernel`. */
export function savedLookup(subject: string, arrays: readonly NamedArray[]): WeightLookup {
  const byName = new Map<string, NamedArray>();
  for (const array of arrays) {
    const name = array.name.replace(/:0$/, '').split('/').slice(-2).join('/');
    if (byName.has(name)) {
      throw new WeightsError(
        `${subject}: expected one weight ${name}, got a second one, "${array.name}"; save the model as .keras`,
      );
    }
    byName.set(name, array);
  }
  return ({ name }, _, variable) =>
    byName.get(`${name}/${variable}`) ??
    // Keras 2 and TensorFlow.js say depthwise_kernel, Keras 3 says kernel.
    (variable === 'depthwise_kernel' ? byName.get(`${name}/kernel`) : undefined);
}
