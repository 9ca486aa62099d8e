import * as tf from '@tensorflow/tfjs';
import { name as packageName, version } from '../../../package.json';
import { MODEL_FILE } from './read-model.js';

export const WEIGHTS_FILE = 'weights.bin';

/** The `generatedBy` entry of a `model.json`. */
const GENERATED_BY = `${packageName} ${version}`;

/** Whether a `model.json` says that this package wrote it. */
export const isGenerated = (json: unknown): boolean => {
  const { generatedBy } = (json ?? {}) as { readonly generatedBy?: unknown };
  return typeof generatedBy === 'string' && generatedBy.startsWith(packageName);
};

/** A model's files by name, as any TensorFlow.js loads them. */
export async function modelFiles(model: tf.LayersModel): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  const handler = tf.io.withSaveHandler((artifacts) => {
    const { weightData, weightSpecs = [], generatedBy, ...rest } = artifacts;
    const weightsManifest = [{ paths: [WEIGHTS_FILE], weights: weightSpecs }];
    const by = `${GENERATED_BY}, ${generatedBy ?? 'TensorFlow.js'}`;
    const json = JSON.stringify({ ...rest, generatedBy: by, weightsManifest });
    files[MODEL_FILE] = new TextEncoder().encode(json);
    files[WEIGHTS_FILE] = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
    return Promise.resolve({
      modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const },
    });
  });
  await model.save(handler);
  return files;
}
