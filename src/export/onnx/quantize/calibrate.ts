import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../../../errors.js';
import { readAndDispose } from '../../../model/dispose.js';
import type { GraphNode, ModelGraph } from '../../graph.js';

/** What is known of a layer's output after calibration. */
export interface Statistics {
  readonly min: number;
  readonly max: number;
  /** Mean of each channel. */
  readonly means: Float32Array;
}

/** Computes one layer, outside of any model. */
function outputOf(model: tf.LayersModel, node: GraphNode, inputs: readonly tf.Tensor[]): tf.Tensor {
  const [input, ...others] = inputs;
  if (input === undefined) throw new Error(`layer "${node.name}" has no input`);
  const layer = model.getLayer(node.name);
  return tf.tidy(() => layer.apply(others.length === 0 ? input : [...inputs]) as tf.Tensor);
}

/** `[2 + channels]`: the smallest number, the largest, and the mean of each channel. */
const statisticsOf = (output: tf.Tensor): tf.Tensor =>
  tf.tidy(() => {
    const rows = output.reshape([-1, output.shape.at(-1) ?? 1]);
    return tf.concat([rows.min().reshape([1]), rows.max().reshape([1]), rows.mean(0)]);
  });

/**
 * Computes the statistics of each layer's output, one after another in the order of the nodes.
 *
 * Layers are run one by one, and outputs disposed after their last use, so that a batch takes no more memory than in `predict`.
 */
function measureBatch(
  model: tf.LayersModel,
  { nodes }: ModelGraph,
  images: tf.Tensor4D,
): tf.Tensor {
  const uses = new Map<string, number>();
  for (const name of nodes.flatMap(({ inputs }) => inputs)) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const outputs = new Map<string, tf.Tensor>();
  return tf.tidy(() => {
    const found: tf.Tensor[] = [];
    for (const node of nodes) {
      const inputs = node.inputs.flatMap((name) => outputs.get(name) ?? []);
      // The images are the caller's.
      const output = inputs.length === 0 ? images.clone() : outputOf(model, node, inputs);
      outputs.set(node.name, output);
      found.push(statisticsOf(output));
      for (const name of node.inputs) {
        const left = (uses.get(name) ?? 0) - 1;
        uses.set(name, left);
        if (left === 0) outputs.get(name)?.dispose();
      }
    }
    return tf.concat(found);
  });
}

/** Statistics of one layer's output over all batches so far. */
class Running {
  private min = Infinity;
  private max = -Infinity;
  private images = 0;
  private readonly sums: Float64Array;

  constructor(channels: number) {
    this.sums = new Float64Array(channels);
  }

  /** @param values from {@link statisticsOf} */
  add(values: Float32Array, images: number): void {
    const [min = NaN, max = NaN] = values;
    // Math.min and Math.max propagate NaN.
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
    for (const [i, mean] of values.subarray(2).entries()) {
      this.sums[i] = (this.sums[i] ?? NaN) + mean * images;
    }
    this.images += images;
  }

  result(layer: string): Statistics {
    const { min, max, images } = this;
    if (!Number.isFinite(min) || !Number.isFinite(max)) {
      throw new ArgumentError(
        `layer "${layer}": expected finite outputs for the calibration pictures, got ${min} to ${max}`,
      );
    }
    return { min, max, means: Float32Array.from(this.sums, (sum) => sum / images) };
  }
}

/**
 * Measures each layer's output over images.
 *
 * @param model the model that `graph` was read from
 * @param batches preprocessed images, which are disposed
 * @returns statistics by the layer's name
 * @throws ArgumentError if an output isn't finite
 */
export async function calibrate(
  model: tf.LayersModel,
  graph: ModelGraph,
  batches: AsyncIterable<tf.Tensor4D>,
): Promise<ReadonlyMap<string, Statistics>> {
  const running = new Map(
    graph.nodes.map(({ name, outputShape }) => [name, new Running(outputShape.at(-1) ?? 1)]),
  );
  for await (const images of batches) {
    let found: tf.Tensor;
    const [count] = images.shape;
    try {
      found = measureBatch(model, graph, images);
    } finally {
      images.dispose();
    }
    const values = Float32Array.from(await readAndDispose(found));
    let from = 0;
    for (const { name, outputShape } of graph.nodes) {
      const to = from + 2 + (outputShape.at(-1) ?? 1);
      running.get(name)?.add(values.subarray(from, to), count);
      from = to;
    }
  }
  return new Map([...running].map(([name, layer]) => [name, layer.result(name)]));
}
