/** Runs a ResNet-50 in a page, as its address says: `?engine=tfjs&provider=wasm&threads=1&size=224`. */
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import { foldBatchNorm } from 'resnet-heads';

declare global {
  interface Window {
    /** Milliseconds of each prediction. */
    timePredictions: (batch: number, runs: number) => Promise<readonly number[]>;
    /** Milliseconds from the address to the first answer. */
    timeStart: () => Promise<number>;
  }
}

type Shape = [batch: number, height: number, width: number, channels: number];
type Predict = (pixels: Float32Array, shape: Shape) => Promise<unknown>;

const asked = new URLSearchParams(location.search);
const [engine, provider] = [asked.get('engine'), asked.get('provider') ?? ''];
const [threads, size] = [Number(asked.get('threads')), Number(asked.get('size'))];

/** Absolute, as threads have addresses of their own. */
const FILES = new URL('./', location.href).href;

async function onTfjs(): Promise<Predict> {
  setWasmPaths(FILES);
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', threads > 1);
  if (threads > 1) setThreadsCount(threads);
  if (!(await tf.setBackend(provider))) throw new Error(`${provider} does not start here`);
  await tf.ready();
  const whole = await tf.loadLayersModel(`layers-${size}/model.json`);
  const { model } = await foldBatchNorm(whole);
  whole.dispose();
  return async (pixels, shape) => {
    const images = tf.tensor(pixels, shape);
    const scores = model.predict(images) as tf.Tensor;
    await scores.data();
    tf.dispose([images, scores]);
  };
}

async function onOnnxRuntime(): Promise<Predict> {
  const { env, InferenceSession, Tensor } = await (provider === 'webgpu'
    ? import('onnxruntime-web/webgpu')
    : import('onnxruntime-web/wasm'));
  env.wasm.numThreads = threads;
  env.wasm.wasmPaths = FILES;
  const session = await InferenceSession.create(`${size}.onnx`, { executionProviders: [provider] });
  const [name = ''] = session.inputNames;
  return (pixels, shape) => session.run({ [name]: new Tensor('float32', pixels, shape) });
}

const ready = engine === 'tfjs' ? onTfjs() : onOnnxRuntime();

window.timePredictions = async (batch, runs) => {
  const predict = await ready;
  const shape: Shape = [batch, size, size, 3];
  const pixels = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => i % 255);
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await predict(pixels, shape);
    times.push(performance.now() - start);
  }
  return times;
};
window.timeStart = async () => {
  await window.timePredictions(1, 1);
  return performance.now();
};
