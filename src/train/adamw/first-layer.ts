import type * as tf from '@tensorflow/tfjs';
import { type Call, countCalls } from '../../model/graph.js';
import type { Trainable } from '../adam.js';

/** Layers that pass features on in their order. */
const PASSES_ON = new Set(['Dropout', 'Flatten', 'Reshape', 'SpatialDropout2D']);
/** Layers that multiply features by a kernel `[…, features, units]` and add a bias. */
const MULTIPLIES = new Set(['Conv2D', 'Dense']);

/** The weights of the layer that a model's inputs reach first. */
export interface FirstLayer {
  /** `[…, features, units]` */
  readonly kernel: Trainable;
  /** `[units]` */
  readonly bias: Trainable;
  /**
   * Whether subtracting a constant from the inputs is the same as adding one to the bias: not in a convolution that pads its inputs
   * with zeros.
   */
  readonly centres: boolean;
}

/** Whether a layer is a convolution that pads its inputs. */
function pads(layer: tf.layers.Layer): boolean {
  const { padding, kernelSize } = layer.getConfig();
  return padding === 'same' && [kernelSize].flat().some((size) => size !== 1);
}

interface Reader {
  readonly layer: tf.layers.Layer;
  readonly call: Call;
}

/** The only layer that reads a tensor, and its call that does. */
function readerOf(model: tf.LayersModel, { id }: tf.SymbolicTensor): Reader | undefined {
  const readers = model.layers
    // An input layer lists its output as its input.
    .filter((layer) => layer.getClassName() !== 'InputLayer')
    .flatMap((layer) => layer.inboundNodes.map((call) => ({ layer, call })))
    .filter(({ call }) => call.inputTensors.some((input) => input.id === id));
  return readers.length === 1 ? readers[0] : undefined;
}

/**
 * Finds the layer that a model's inputs reach first, with nothing between but dropout and changes of shape.
 *
 * @param weights the weights that are trained
 * @returns undefined if there are several, if it is used twice, if it is of another kind or has no bias, or if it isn't trained
 */
export function firstLayerOf(
  model: tf.LayersModel,
  weights: readonly Trainable[],
): FirstLayer | undefined {
  let tensor = model.inputs[0];
  while (tensor !== undefined) {
    const reader = readerOf(model, tensor);
    if (reader === undefined) return undefined;
    const { layer, call } = reader;
    if (MULTIPLIES.has(layer.getClassName())) {
      // Weights for standardised inputs would be wrong in another call.
      if (countCalls(model, layer) > 1) return undefined;
      const named = (weight: string) =>
        weights.find(({ name }) => name === `${layer.name}/${weight}`);
      const [kernel, bias] = [named('kernel'), named('bias')];
      return kernel && bias && { kernel, bias, centres: !pads(layer) };
    }
    if (!PASSES_ON.has(layer.getClassName())) return undefined;
    tensor = call.outputTensors[0];
  }
  return undefined;
}
