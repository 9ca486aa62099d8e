import { foldedGraph, joinGraphs, modelGraph } from '../export/graph.js';
import { onnxBytes, writeLayers } from '../export/onnx/bytes.js';
import { cutOnnx, joinOnnx } from '../export/onnx/join.js';
import { modelProto, type OnnxModel } from '../export/onnx/schema.js';
import { assemble } from '../export/protobuf.js';
import { type OnnxBase, onnxOf } from '../onnx/base.js';
import { readOnnx } from '../onnx/read.js';
import type { EngineTask } from '../engine/engine.js';

/** A file that ONNX Runtime loads. */
export interface SessionFile {
  /** The bytes, or a path. */
  readonly file: Uint8Array | string;
  /** Removes it if it is on disk; can be called repeatedly. */
  remove(): Promise<void>;
}

/** Writes a model where ONNX Runtime can load it. */
export type Store = (model: OnnxModel) => Promise<SessionFile>;

const asBytes = (file: Uint8Array): SessionFile => ({ file, remove: () => Promise.resolve() });

export const inMemory: Store = (model) =>
  Promise.resolve(asBytes(assemble('model', modelProto(model))));

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
export async function fileOf(task: EngineTask, store: Store): Promise<SessionFile> {
  const { model, reduction, preprocessing } = task;
  const onnx = onnxOf(model);
  if (onnx !== undefined) return asBytes(await fileOfOnnx(onnx, task));
  const graph = await foldedGraph(model);
  const whole = reduction ? joinGraphs(graph, await modelGraph(reduction)) : graph;
  const options = {
    metadata: {},
    pixelType: 'float32',
    ...(preprocessing && { preprocessing }),
  } as const;
  return store(writeLayers(whole, options).model);
}
