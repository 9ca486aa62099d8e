import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../../errors.js';
import { callOf, inputsOf } from '../../model/graph.js';

/** 1 GB in float32: the output of a ResNet's first convolution for an image of 4,096 × 4,096. */
const MAX_NUMBERS = 2 ** 28;

type Sizes = readonly (number | null)[];

const numbersIn = (shape: Sizes): number =>
  shape.reduce<number>((product, size) => product * (size ?? 1), 1);

function requireSmall(name: string, shape: Sizes): void {
  const numbers = numbersIn(shape);
  if (!(numbers > MAX_NUMBERS)) return;
  throw new ArgumentError(
    `model: expected layers with at most ${MAX_NUMBERS} output values per image, got ${numbers} from "${name}"; train it again at a smaller input size`,
  );
}

/**
 * Checks the output size of each layer call of a model, in the order of computation.
 *
 * @param shapes of the model's inputs, with a batch of 1
 * @returns the shapes of its outputs
 */
function walk(model: tf.LayersModel, shapes: readonly Sizes[]): Sizes[] {
  const known = new Map(model.inputs.map(({ id }, i) => [id, shapes[i] ?? []]));
  const shapeOf = (tensor: tf.SymbolicTensor): Sizes => {
    const found = known.get(tensor.id);
    if (found !== undefined) return found;
    const layer = tensor.sourceLayer;
    const given = outputsOf(layer, inputsOf(tensor).map(shapeOf));
    for (const [i, { id }] of callOf(tensor).outputTensors.entries()) known.set(id, given[i] ?? []);
    for (const shape of given) requireSmall(layer.name, shape);
    return known.get(tensor.id) ?? [];
  };
  return model.outputs.map(shapeOf);
}

function outputsOf(layer: tf.layers.Layer, inputs: readonly Sizes[]): readonly Sizes[] {
  if (layer instanceof tf.LayersModel) return walk(layer, inputs);
  const [first = [], ...others] = inputs.map((shape) => [...shape]);
  const given = layer.computeOutputShape(others.length === 0 ? first : [first, ...others]);
  return (Array.isArray(given[0]) ? given : [given]) as readonly Sizes[];
}

/**
 * Checks that no layer's output for one image is too large for memory: an upsampling by 10,000 takes a few bytes of a topology,
 * and no weights. After a layer whose output size TensorFlow.js can't compute, nothing is checked.
 *
 * @param shape of one image
 * @throws ArgumentError if an output is too large
 */
export function requireSmallActivations(model: tf.LayersModel, shape: readonly number[]): void {
  requireSmall('input', shape);
  try {
    walk(model, [[1, ...shape]]);
  } catch (error) {
    if (error instanceof ArgumentError) throw error;
    // TensorFlow.js's error for a layer that doesn't take such an input; the layers before it were checked.
  }
}
