import type { ModelGraph } from '../../graph.js';
import { assemble } from '../../protobuf.js';
import { type FileOptions, writeLayers } from '../bytes.js';
import { modelProto } from '../schema.js';
import type { Range } from './numbers.js';
import { quantized } from './quantize.js';

/** The layer that gives the scores: rounding there costs accuracy, and saves little. */
function lastDense({ nodes }: ModelGraph): string | undefined {
  const last = nodes.filter(({ weights }) => weights.size > 0).at(-1);
  return last?.type === 'Dense' ? last.name : undefined;
}

/**
 * Writes the bytes of an ONNX file that computes in int8.
 *
 * @param ranges of each layer's output; what comes after a layer that has none stays float32
 */
export function int8Bytes(
  graph: ModelGraph,
  ranges: ReadonlyMap<string, Range>,
  options: Omit<FileOptions, 'dtype'>,
): Uint8Array {
  const { model, layers } = writeLayers(graph, options);
  const scores = lastDense(graph);
  const int8 = quantized(
    model,
    (tensor) => ranges.get(layers.get(tensor) ?? ''),
    ({ name }) => scores !== undefined && name.startsWith(`${scores}/`),
  );
  return assemble('model', modelProto(int8));
}
