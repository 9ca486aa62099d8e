import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { exportOnnx, exportSavedModel, foldBatchNorm, loadTfjsNode } from 'resnet-heads';
import { pooled } from './building.js';
import { type Preparation, SIDE, type Work } from './work.js';

const BATCHES = [1, 8] as const;
const MAX_PIXEL = 255;

const shapeOf = (batch: number): [number, number, number, number] => [batch, SIDE, SIDE, 3];

/** The files that onnxruntime is given, here and in Python, and tfjs-node. */
const FILES = {
  onnx: 'pooled.onnx',
  int8: 'pooled-int8.onnx',
  savedModel: 'pooled-saved-model',
} as const;

/** A pooled model, once for all that run it. */
let model: tf.LayersModel | undefined;
const once = (): tf.LayersModel => (model ??= pooled());

function predicting(runner: { predict: (x: tf.Tensor) => unknown }, batch: number): Work {
  const images = tf.randomUniform(shapeOf(batch), 0, MAX_PIXEL, 'float32', 1);
  return async () => {
    const scores = runner.predict(images) as tf.Tensor;
    await scores.data();
    scores.dispose();
  };
}

/** What onnxruntime's packages for Node and for pages have in common. */
interface Runtime {
  readonly InferenceSession: {
    create: (path: string) => Promise<{
      readonly inputNames: readonly string[];
      readonly outputNames: readonly string[];
      run: (feeds: never) => Promise<unknown>;
    }>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: number[]) => unknown;
}

async function onnxFile(folder: string): Promise<string> {
  const path = join(folder, FILES.onnx);
  if (!existsSync(path)) await exportOnnx(once(), path);
  return path;
}

/** Calibrated on noise: how long it takes doesn't depend on the scales. */
async function int8File(folder: string): Promise<string> {
  const path = join(folder, FILES.int8);
  if (existsSync(path)) return path;
  const images = tf.randomUniform<tf.Rank.R4>(shapeOf(1), 0, MAX_PIXEL, 'float32', 1);
  const pictures = [{ images, labels: [0] }];
  await exportOnnx(once(), path, { preprocessing: 'caffe', int8: { pictures } });
  images.dispose();
  return path;
}

async function inferring(runtime: Runtime, file: string, batch: number): Promise<Work> {
  const session = await runtime.InferenceSession.create(file);
  const [name = ''] = session.inputNames;
  const shape = shapeOf(batch);
  const pixels = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () =>
    Math.floor(Math.random() * MAX_PIXEL),
  );
  return () => session.run({ [name]: new runtime.Tensor('float32', pixels, shape) } as never);
}

async function savedModel(folder: string): Promise<{ predict: (x: tf.Tensor) => unknown }> {
  const path = join(folder, FILES.savedModel);
  if (!existsSync(path)) await exportSavedModel(once(), path);
  const { node } = await loadTfjsNode();
  return node.loadSavedModel(path);
}

const forBatches = (
  works: Readonly<Record<string, (folder: string, batch: number) => Work | Promise<Work>>>,
): Readonly<Record<string, Preparation>> =>
  Object.fromEntries(
    Object.entries(works).flatMap(([name, prepare]) =>
      BATCHES.map((batch) => [`${name}/${batch}`, (folder: string) => prepare(folder, batch)]),
    ),
  );

const layers = (_: string, batch: number): Work => predicting(once(), batch);
const folded = async (_: string, batch: number): Promise<Work> => {
  const { model: copy } = await foldBatchNorm(once());
  return predicting(copy, batch);
};

export const inference: Readonly<Record<string, Preparation>> = {
  ...forBatches({
    layers,
    folded,
    'saved-model': async (folder, batch) => predicting(await savedModel(folder), batch),
    onnx: async (folder, batch) =>
      inferring(await import('onnxruntime-node'), await onnxFile(folder), batch),
    int8: async (folder, batch) =>
      inferring(await import('onnxruntime-node'), await int8File(folder), batch),
  }),
  'onnx/write': async (folder) => {
    await onnxFile(folder);
    return () => undefined;
  },
  'int8/write': async (folder) => {
    await int8File(folder);
    return () => undefined;
  },
};

export const inferenceOnWasm: Readonly<Record<string, Preparation>> = forBatches({
  layers,
  folded,
  onnx: async (folder, batch) =>
    inferring(await import('onnxruntime-web'), await onnxFile(folder), batch),
  int8: async (folder, batch) =>
    inferring(await import('onnxruntime-web'), await int8File(folder), batch),
});
