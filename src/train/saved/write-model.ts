import * as tf from '@tensorflow/tfjs';
import { name as packageName, version } from '../../../package.json';
import { bytesOf } from '../../bytes.js';
import { reject } from '../../errors.js';
import { volume } from '../../layers/cost/layer-cost.js';
import type { FloatFormat } from '../../weights/formats/float-format.js';
import { MODEL_FILE, WEIGHTS_FILE } from './files.js';

/** The `generatedBy` entry of a `model.json`. */
const GENERATED_BY = `${packageName} ${version}`;

/** Whether a `model.json` says that this package wrote it. */
export const isGenerated = (json: unknown): boolean => {
  const { generatedBy } = (json ?? {}) as { readonly generatedBy?: unknown };
  return typeof generatedBy === 'string' && generatedBy.startsWith(packageName);
};

/** Rounds the float32 weights of a model's files to float16, as TensorFlow.js's own converter does. */
async function toFloat16(
  specs: readonly tf.io.WeightsManifestEntry[],
  bytes: Uint8Array,
): Promise<readonly [tf.io.WeightsManifestEntry[], Uint8Array]> {
  // Imported on demand: most files are float32.
  const { weightsToHalf } = await import('../../weights/formats/to-half.js');
  const halves = new Uint8Array(bytes.length / 2);
  let from = 0;
  const halved = specs.map((spec): tf.io.WeightsManifestEntry => {
    if (spec.dtype !== 'float32')
      reject('dtype', `float32, as "${spec.name}" is ${spec.dtype}`, 'float16');
    const to = from + volume(spec.shape) * Float32Array.BYTES_PER_ELEMENT;
    const values = new Float32Array(bytes.slice(from, to).buffer);
    halves.set(bytesOf(weightsToHalf(spec.name, values)), from / 2);
    from = to;
    return { ...spec, quantization: { dtype: 'float16' } };
  });
  return [halved, halves];
}

/**
 * A model's files by name, as any TensorFlow.js loads them.
 *
 * @throws ArgumentError if a weight is too large for float16
 */
export async function modelFiles(
  model: tf.LayersModel,
  dtype: FloatFormat = 'float32',
): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    const { weightData, weightSpecs = [], generatedBy, ...rest } = artifacts;
    const whole = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
    const [weights, bytes] =
      dtype === 'float16' ? await toFloat16(weightSpecs, whole) : [weightSpecs, whole];
    const weightsManifest = [{ paths: [WEIGHTS_FILE], weights }];
    const by = `${GENERATED_BY}, ${generatedBy ?? 'TensorFlow.js'}`;
    const json = JSON.stringify({ ...rest, generatedBy: by, weightsManifest });
    files[MODEL_FILE] = new TextEncoder().encode(json);
    files[WEIGHTS_FILE] = bytes;
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const } };
  });
  await model.save(handler);
  return files;
}
