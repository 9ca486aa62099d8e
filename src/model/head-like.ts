import type * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject } from '../errors.js';
import type { Head } from '../head/head.js';
import type { Activation, LayerFactory } from '../layers/factory.js';
import { inputsOf } from './graph.js';
import { endOfBase } from './seam.js';

/** Creates a layer with the settings of another, and applies it. */
function applyLike<T>(
  layers: LayerFactory<T>,
  layer: tf.layers.Layer,
  [input, ...others]: readonly [T, ...T[]],
  numClasses: number | undefined,
): T {
  const { name } = layer;
  const { units, activation, rate } = layer.getConfig();
  switch (layer.getClassName()) {
    case 'GlobalAveragePooling2D':
      return layers.globalAveragePooling2d({ name })(input);
    case 'GlobalMaxPooling2D':
      return layers.globalMaxPooling2d({ name })(input);
    case 'Average':
      return layers.average({ name })([input, ...others]);
    case 'Concatenate':
      return layers.concatenate({ name })([input, ...others]);
    case 'Flatten':
      return layers.flatten({ name })(input);
    case 'Dropout':
      return layers.dropout({ name, rate: Number(rate) })(input);
    case 'Dense':
      return layers.dense({
        ...{ name, units: numClasses ?? Number(units) },
        activation: activation as Activation,
      })(input);
  }
  throw new ArgumentError(
    `from: expected a classifier with a pooled, flattened or dense head, got one with a layer of type ${layer.getClassName()}; train a new one on all pictures`,
  );
}

/**
 * A head with the layers of a classifier's head, and another number of classes.
 *
 * @throws ArgumentError if it isn't one that `pooledHead`, `flattenedHead` or `denseHead` makes, with a score for each class
 */
export function headLike(model: tf.LayersModel, numClasses: number): Head {
  const [output] = model.outputs;
  const end = endOfBase(model);
  if (output === undefined || end === undefined) {
    throw new ArgumentError(
      'from: expected a classifier of which it is known where its backbone ends, got another one; train a new one on all pictures',
    );
  }
  const last = output.sourceLayer;
  if (last.getClassName() !== 'Dense' || output.shape.at(-1) === 1) {
    const got = `${last.getClassName()} with ${output.shape.at(-1) ?? 0} scores`;
    reject('from', 'a classifier whose last layer is dense, with a score for each class', got);
  }
  return {
    name: 'head',
    apply<T>(layers: LayerFactory<T>, features: T): T {
      const made = new Map([[end.id, features]]);
      const visit = (tensor: tf.SymbolicTensor): T => {
        const known = made.get(tensor.id);
        if (known !== undefined) return known;
        const inputs = inputsOf(tensor).map(visit) as [T, ...T[]];
        const layer = tensor.sourceLayer;
        const result = applyLike(layers, layer, inputs, layer === last ? numClasses : undefined);
        made.set(tensor.id, result);
        return result;
      };
      return visit(output);
    },
  };
}
