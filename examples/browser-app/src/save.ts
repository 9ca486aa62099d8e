import * as tf from '@tensorflow/tfjs';
import { zipSync } from 'fflate';
import type { Classifier } from 'resnet-heads';
import { element } from './dom.js';

const WEIGHTS = 'weights.bin';

/** The whole model as TensorFlow.js saves it to files. */
async function modelFiles(model: tf.LayersModel): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  const handler = tf.io.withSaveHandler((artifacts) => {
    const { weightSpecs = [], weightData = [], ...rest } = artifacts;
    const json = { ...rest, weightsManifest: [{ paths: [WEIGHTS], weights: weightSpecs }] };
    files['model.json'] = new TextEncoder().encode(JSON.stringify(json));
    const bytes = tf.io.CompositeArrayBuffer.join(weightData);
    files[WEIGHTS] = new Uint8Array(bytes);
    return Promise.resolve({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) });
  });
  await model.save(handler);
  return files;
}

/** Downloads a classifier: a zip of the folder that `loadClassifier` takes. */
export async function downloadClassifier({ model, metadata }: Classifier): Promise<void> {
  const files = {
    ...(await modelFiles(model)),
    'metadata.json': new TextEncoder().encode(JSON.stringify(metadata)),
  };
  // Weights don't get smaller by compression.
  const zip = new Blob([zipSync(files, { level: 0 })]);
  const link = element('a', { href: URL.createObjectURL(zip), download: 'classifier.zip' });
  link.click();
  URL.revokeObjectURL(link.href);
}
