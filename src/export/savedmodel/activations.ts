import { reject } from '../../errors.js';
import type { GraphNode } from '../graph.js';
import type { GraphWriter } from './graph-writer.js';

/** TensorFlow's operations by TensorFlow.js's names of activations. */
const OPERATIONS: Readonly<Record<string, string>> = {
  elu: 'Elu',
  relu: 'Relu',
  relu6: 'Relu6',
  selu: 'Selu',
  sigmoid: 'Sigmoid',
  softmax: 'Softmax',
  softplus: 'Softplus',
  tanh: 'Tanh',
};
const NONE = 'linear';

/** The maximum for which TensorFlow has a separate operation. */
const RELU6 = 6;

/** Applies the activation in a layer's configuration, if there is one. */
export function activate(graph: GraphWriter, { name, type, config }: GraphNode, x: string): string {
  const { activation = NONE } = config as { activation?: string };
  if (activation === NONE) return x;
  const op = OPERATIONS[activation];
  if (op === undefined) {
    const known = [NONE, ...Object.keys(OPERATIONS)].join(', ');
    return reject(
      `model: layer "${name}" (${type})`,
      `an activation that is one of ${known}`,
      activation,
    );
  }
  return graph.op(op, `${name}/${op}`, [x]);
}

/** The layer `ReLU`. */
export function clipped(
  graph: GraphWriter,
  { name, config }: GraphNode,
  [x]: readonly [string, ...string[]],
): string {
  const { maxValue } = config as { maxValue?: number | null };
  if (maxValue === RELU6) return graph.op('Relu6', `${name}/Relu6`, [x]);
  const y = graph.op('Relu', `${name}/Relu`, [x]);
  if (maxValue === undefined || maxValue === null) return y;
  const maximum = graph.constant(`${name}/maximum`, Float32Array.of(maxValue), []);
  return graph.op('Minimum', `${name}/Minimum`, [y, maximum]);
}
