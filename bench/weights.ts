import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { resnet } from 'resnet-heads';
import { loadWeights } from 'resnet-heads/node';
import type { Case, Peer } from './cases.js';
import type { Keras } from './keras.js';

/** As bench/keras_cases.py writes them: a ResNet-50 with ImageNet's top, 103 MB each. */
const FILES = {
  'Keras 2 .h5': 'resnet50.h5',
  '.weights.h5': 'resnet50.weights.h5',
  '.keras': 'resnet50.keras',
  safetensors: 'resnet50.safetensors',
} as const;

/** A ResNet-50 at the file's side, made before anything is timed. */
let model: tf.LayersModel | undefined;

async function load(path: string): Promise<void> {
  if (model === undefined) throw new Error('the model is made when the case is prepared');
  await loadWeights(model, path);
}

/**
 * `loadWeights` of a file by its path, beside what Keras makes of the same file; of safetensors, which Keras
 * doesn't read, beside the same weights in Keras 2's file.
 *
 * A tensor of tfjs-node gets its values when it is first used, so the copy into TensorFlow's memory is timed
 * on Keras's side alone.
 */
export function weights(keras: Keras): readonly Case[] {
  const loading = (file: string): Peer => ({
    name: `load_weights of ${file} in Keras`,
    time: () => keras.time(`weights/load/${file}`),
  });
  const peers = {
    'Keras 2 .h5': [loading(FILES['Keras 2 .h5'])],
    '.weights.h5': [loading(FILES['.weights.h5'])],
    '.keras': [
      loading(FILES['.keras']),
      { name: 'load_model, which builds it, in Keras', time: () => keras.time('weights/model') },
    ],
    safetensors: [loading(FILES['Keras 2 .h5'])],
  };
  return Object.entries(FILES).map(([format, file]) => ({
    name: `weights/${format}`,
    runs: 1,
    prepare: async () => {
      await keras.time('weights/write');
      model ??= resnet({ includeTop: true, weights: 'pending' });
    },
    subject: { name: 'loadWeights in tfjs-node', run: () => load(join(keras.folder, file)) },
    peers: peers[format as keyof typeof FILES],
  }));
}
