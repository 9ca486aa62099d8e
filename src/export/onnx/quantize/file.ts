import type * as tf from '@tensorflow/tfjs';
import { foldedCopy } from '../../../model/fold.js';
import { joinGraphs, type ModelGraph, modelGraph } from '../../graph.js';
import { assemble } from '../../protobuf.js';
import { type FileOptions, writeLayers } from '../bytes.js';
import { modelProto } from '../schema.js';
import { calibrate, type Statistics } from './calibrate.js';
import { quantized } from './quantize.js';

/** A model to quantise. */
export interface Quantizable {
  readonly model: tf.LayersModel;
  /** Reduces the model's output, usually by a head's pooling. It stays float32. */
  readonly reduction?: tf.LayersModel | undefined;
}

/** The layer that gives the scores: rounding there costs accuracy, and saves little. */
function lastDense({ nodes }: ModelGraph): string | undefined {
  const last = nodes.filter(({ weights }) => weights.size > 0).at(-1);
  return last?.type === 'Dense' ? last.name : undefined;
}

/**
 * Writes the bytes of an ONNX file that computes in int8.
 *
 * @param statistics of each layer's output; what comes after a layer that has none stays float32
 */
export function int8Bytes(
  graph: ModelGraph,
  statistics: ReadonlyMap<string, Statistics>,
  options: Omit<FileOptions, 'dtype'>,
): Uint8Array {
  const { model, layers } = writeLayers(graph, options);
  const scores = lastDense(graph);
  const int8 = quantized(
    model,
    (tensor) => statistics.get(layers.get(tensor) ?? ''),
    ({ name }) => scores !== undefined && name.startsWith(`${scores}/`),
  );
  return assemble('model', modelProto(int8));
}

/**
 * Quantises a model to int8 and writes it as an ONNX file. The model stays as it is, and no tensor is left behind.
 *
 * @param batches preprocessed images like those that the model will see, which are disposed
 * @throws ArgumentError if a layer can't be exported, or its output isn't finite
 */
export async function int8File(
  { model, reduction }: Quantizable,
  batches: AsyncIterable<tf.Tensor4D>,
  options: Omit<FileOptions, 'dtype'>,
): Promise<Uint8Array> {
  const folded = foldedCopy(model);
  try {
    const graph = await modelGraph(folded ?? model);
    const statistics = await calibrate(folded ?? model, graph, batches);
    const whole = reduction ? joinGraphs(graph, await modelGraph(reduction)) : graph;
    return int8Bytes(whole, statistics, options);
  } finally {
    folded?.dispose();
  }
}
