import { foldedGraph, joinGraphs, modelGraph } from '../export/graph.js';
import { onnxBytes } from '../export/onnx/bytes.js';
import { cutOnnx, joinOnnx } from '../export/onnx/join.js';
import { type OnnxBase, onnxOf } from '../onnx/base.js';
import { readOnnx } from '../onnx/read.js';
import type { EngineTask } from '../engine/engine.js';

/** The file of a task whose model is an ONNX file. */
async function fileOfOnnx(
  { bytes, features }: OnnxBase,
  { reduction, preprocessing = 'none' }: EngineTask,
): Promise<Uint8Array> {
  const pixels = { preprocessing, type: 'float32' } as const;
  const file = readOnnx(bytes);
  if (reduction === undefined) return cutOnnx(file, features, { pixels });
  const head = onnxBytes(await modelGraph(reduction), { metadata: {}, dtype: 'float32' });
  return joinOnnx(file, features, head, { pixels });
}

/**
 * The ONNX file of a task, which takes pixels as float32.
 *
 * @throws ArgumentError if the model has a layer that can't be exported
 */
export async function fileOf(task: EngineTask): Promise<Uint8Array> {
  const { model, reduction, preprocessing } = task;
  const onnx = onnxOf(model);
  if (onnx !== undefined) return fileOfOnnx(onnx, task);
  const graph = await foldedGraph(model);
  const whole = reduction ? joinGraphs(graph, await modelGraph(reduction)) : graph;
  return onnxBytes(whole, {
    ...{ metadata: {}, pixelType: 'float32', dtype: 'float32' },
    ...(preprocessing && { preprocessing }),
  });
}
