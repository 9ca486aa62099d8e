import type { Value } from '../graph.js';
import { channelsFirst, channelsLast, isMap, settled } from '../layout.js';
import { type LastAxis, type Layer, refuse, requireLastAxis } from './layer.js';

/** Brings the inputs to one layout: channels first if they are maps and any of them has it. */
function inOneOrder({ graph, inputs }: Layer): Value[] {
  const values = inputs.map((input) => settled(graph, input));
  const maps = values.every(({ shape }) => isMap(shape));
  const turned = maps && values.some((value) => value.channelsFirst !== undefined);
  return values.map((value) => (turned ? channelsFirst(graph, value) : channelsLast(graph, value)));
}

function merged({ shape }: Layer, values: readonly Value[], name: string): Value {
  const nonNegative = values.every((value) => value.nonNegative);
  const [first] = values;
  return first?.channelsFirst === undefined
    ? { name, shape, nonNegative }
    : { name, shape, nonNegative, channelsFirst: shape };
}

/** Inputs of an elementwise operator. ONNX broadcasts axes of size 1 like TensorFlow.js. */
function operands(layer: Layer): Value[] {
  const shapes = layer.inputs.map(({ shape }) => shape);
  if (shapes.some(({ length }) => length !== layer.shape.length)) {
    refuse(layer, 'inputs with the same number of axes', shapes);
  }
  return inOneOrder(layer);
}

/** Merges by an operator of two inputs, applied repeatedly. */
export const byPairs =
  (op: 'Add' | 'Mul') =>
  (layer: Layer): Value => {
    const values = operands(layer);
    const name = values.map((value) => value.name).reduce((a, b) => layer.add(op, [a, b]));
    return merged(layer, values, name);
  };

/** Merges by an operator of any number of inputs. */
export const atOnce =
  (op: 'Mean' | 'Max' | 'Min') =>
  (layer: Layer): Value => {
    const values = operands(layer);
    const names = values.map(({ name }) => name);
    return merged(layer, values, layer.add(op, names));
  };

export function concatenate(layer: Layer<LastAxis>): Value {
  const values = inOneOrder(layer);
  const names = values.map(({ name }) => name);
  requireLastAxis(layer);
  const axis = values[0]?.channelsFirst === undefined ? layer.shape.length : 1;
  return merged(layer, values, layer.add('Concat', names, { axis }));
}
