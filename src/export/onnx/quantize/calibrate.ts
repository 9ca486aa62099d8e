import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../../../errors.js';
import { readAndDispose } from '../../../model/dispose.js';
import type { GraphNode, ModelGraph } from '../../graph.js';
import type { Range } from './numbers.js';

/** Computes one layer, outside of any model. */
function outputOf(model: tf.LayersModel, node: GraphNode, inputs: readonly tf.Tensor[]): tf.Tensor {
  const [input, ...others] = inputs;
  if (input === undefined) throw new Error(`layer "${node.name}" has no input`);
  const layer = model.getLayer(node.name);
  return tf.tidy(() => layer.apply(others.length === 0 ? input : [...inputs]) as tf.Tensor);
}

/**
 * The smallest and the largest number of each layer's output.
 *
 * Layers are run one by one, and outputs disposed after their last use, so that one batch takes no more memory than in `predict`.
 *
 * @returns `[layers, 2]`, in the order of the nodes
 */
function extremes(model: tf.LayersModel, { nodes }: ModelGraph, images: tf.Tensor4D): tf.Tensor {
  const uses = new Map<string, number>();
  for (const name of nodes.flatMap(({ inputs }) => inputs)) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const outputs = new Map<string, tf.Tensor>();
  return tf.tidy(() => {
    const found: tf.Tensor[] = [];
    for (const node of nodes) {
      const inputs = node.inputs.map((name) => outputs.get(name) as tf.Tensor);
      // The images are the caller's.
      const output = inputs.length === 0 ? images.clone() : outputOf(model, node, inputs);
      outputs.set(node.name, output);
      found.push(tf.tidy(() => tf.stack([tf.min(output), tf.max(output)])));
      for (const name of node.inputs) {
        const left = (uses.get(name) ?? 0) - 1;
        uses.set(name, left);
        if (left === 0) outputs.get(name)?.dispose();
      }
    }
    return tf.stack(found);
  });
}

/**
 * Measures the range of each layer's output over images.
 *
 * @param model the model that `graph` was read from
 * @param batches preprocessed images, which are disposed
 * @returns ranges by the layer's name
 * @throws ArgumentError if an output isn't finite
 */
export async function measureRanges(
  model: tf.LayersModel,
  graph: ModelGraph,
  batches: AsyncIterable<tf.Tensor4D>,
): Promise<ReadonlyMap<string, Range>> {
  const ranges = new Map<string, Range>();
  for await (const images of batches) {
    let found: tf.Tensor;
    try {
      found = extremes(model, graph, images);
    } finally {
      images.dispose();
    }
    const values = await readAndDispose(found);
    for (const [i, { name }] of graph.nodes.entries()) {
      const [min = NaN, max = NaN] = values.slice(2 * i, 2 * i + 2);
      if (!Number.isFinite(min) || !Number.isFinite(max)) {
        throw new ArgumentError(
          `layer "${name}": expected finite outputs for the calibration pictures, got ${min} to ${max}`,
        );
      }
      const known = ranges.get(name) ?? { min, max };
      ranges.set(name, { min: Math.min(known.min, min), max: Math.max(known.max, max) });
    }
  }
  return ranges;
}
