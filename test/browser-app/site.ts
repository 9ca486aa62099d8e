import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { exportOnnx } from 'resnet-heads';
import { run } from '../../scripts/matrix/command';
import { install, pack, pinned, ROOT } from '../../scripts/matrix/consumers';

/** What the app's README tells its user to install beside this package. */
const PACKAGES = [
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-backend-webgpu',
  'onnxruntime-web',
  'fflate',
  'vite',
] as const;

/** Builds the app in `folder/dist`, alone with the packed package, as who copies it would. */
export async function buildApp(folder: string): Promise<void> {
  await install(folder, await pack(folder), ...PACKAGES.map(pinned));
  cpSync(join(ROOT, 'examples/browser-app'), folder, { recursive: true });
  const vite = join(folder, 'node_modules/.bin/vite');
  await run(vite, ['build', '--logLevel', 'warn'], { cwd: folder });
}

/** Height and width of the small base's pictures, and of the patches that one position of its map sees. */
const [SIDE, PATCH] = [64, 8];
/** As large as a ResNet's features get, so that a head learns as fast as on one. */
const GAIN = 10;

/** Each colour so many times: with as few channels as colours, a head's first weights are large, and long to unlearn. */
const COPIES = 32;

/** A base whose map, `[8, 8, 96]`, is how much red, green and blue there is at each position, beyond grey. */
export function colourBase(): tf.LayersModel {
  const layer = tf.layers.conv2d({
    inputShape: [SIDE, SIDE, 3],
    filters: 3 * COPIES,
    kernelSize: PATCH,
    strides: PATCH,
    useBias: false,
    activation: 'relu',
    name: 'colours',
  });
  const base = tf.sequential({ layers: [layer], name: 'colours' });
  const kernel = tf.tidy(() =>
    tf.tile(
      tf
        .eye(3)
        .reshape([1, 1, 3, 3])
        .mul(GAIN / PATCH ** 2),
      [PATCH, PATCH, 1, COPIES],
    ),
  );
  layer.setWeights([kernel]);
  kernel.dispose();
  return base;
}

/** Writes the small base as TensorFlow.js writes models; its files. */
export async function writeBase(folder: string): Promise<readonly string[]> {
  const base = colourBase();
  const files = [join(folder, 'model.json'), join(folder, 'weights.bin')] as const;
  const handler = tf.io.withSaveHandler((artifacts) => {
    const { weightSpecs = [], weightData = [], ...rest } = artifacts;
    const json = { ...rest, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] };
    writeFileSync(files[0], JSON.stringify(json));
    writeFileSync(files[1], new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)));
    return Promise.resolve({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) });
  });
  await base.save(handler);
  base.dispose();
  return files;
}

/** Writes the small base as an ONNX file; its path. */
export async function writeOnnxBase(folder: string): Promise<string> {
  const base = colourBase();
  const path = join(folder, 'base.onnx');
  await exportOnnx(base, path);
  base.dispose();
  return path;
}
