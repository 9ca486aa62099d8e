import * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject } from '../../errors.js';
import { buildWithin } from '../../model/from-topology.js';
import { WeightsError } from '../../weights/errors.js';
import { requireFinite } from '../../weights/finite.js';
import type { NamedArray } from '../../weights/formats/named-array.js';
import { MODEL_FILE, type ModelFiles, OF_A_MODEL, readFile, readJson, WEIGHTS } from './files.js';
import { countNumbers, type WeightGroup } from './manifest.js';
import { type ModelJson, requireModelJson } from './model-json.js';

/** ResNet-152's has 0.4 MB; enough for ten thousand layer calls at 3 kB each. */
const MAX_MODEL_JSON_BYTES = 2 ** 25;

const COPY_AGAIN = "copy the model's files again, all from the same save";

/** Reads a group's files, which must contain exactly the bytes of its weights. */
async function readGroup(files: ModelFiles, { paths, bytes }: WeightGroup): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  let left = bytes;
  for (const path of paths) {
    const part = await readFile(files, path, left, WEIGHTS);
    left -= part.length;
    parts.push(part);
  }
  if (left > 0) {
    const name = paths.map((path) => files.nameOf(path)).join(', ');
    reject(name, `${bytes} bytes, as model.json says`, bytes - left, COPY_AGAIN);
  }
  return parts;
}

/** The bytes alone: a Buffer may be part of a larger one. */
const toArrayBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer =>
  (byteLength === buffer.byteLength
    ? buffer
    : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer;

/** The content of a model's files, before the model is built. */
export interface SavedModel extends ModelJson {
  /** Path or URL of its `model.json`. */
  readonly name: string;
  /** The weights' bytes, one file after another. */
  readonly weights: ArrayBuffer;
}

/**
 * Reads the files of a TensorFlow.js layers model: its `model.json` and the weights that it names. Only files in its folder are
 * read, and no more than the bytes of the weights.
 *
 * @param path of the `model.json`
 * @throws ArgumentError if a file is missing or damaged, or building the model would not end
 */
export async function readModel(files: ModelFiles, path = MODEL_FILE): Promise<SavedModel> {
  const name = files.nameOf(path);
  const json = requireModelJson(
    name,
    await readJson(files, path, MAX_MODEL_JSON_BYTES, OF_A_MODEL),
  );
  const parts: ArrayBuffer[] = [];
  for (const group of json.groups) {
    parts.push(...(await readGroup(files, group)).map(toArrayBuffer));
  }
  // Joined, as TensorFlow.js 4.22 reads zeros from several files if the last is larger than the others, which are of one size.
  const [only] = parts;
  const weights = only && parts.length === 1 ? only : tf.io.CompositeArrayBuffer.join(parts);
  return { ...json, name, weights };
}

/**
 * Builds a model from its files. The training configuration and an optimizer's state are not restored.
 *
 * @throws ArgumentError if its weights don't fit its layers, or TensorFlow.js can't build it; WeightsError if a weight isn't
 *   finite. No tensor is left behind
 */
export async function buildModel(saved: SavedModel): Promise<tf.LayersModel> {
  const model = await (saved.fromKeras3 ? buildTranslated(saved) : build(saved));
  if (saved.metadata !== undefined) model.setUserDefinedMetadata(saved.metadata);
  return model;
}

async function build(saved: SavedModel): Promise<tf.LayersModel> {
  const { name, topology, groups } = saved;
  const model = await buildWithin(name, topology, countNumbers(groups));
  try {
    const weights = decode(saved);
    try {
      for (const [weight, values] of Object.entries(weights)) {
        if (values.dtype !== 'float32') continue;
        requireFinite(name, weight, await values.data<'float32'>());
      }
      model.loadWeights(weights);
    } finally {
      tf.dispose(weights);
    }
  } catch (cause) {
    model.dispose();
    throw explainWeights(name, cause);
  }
  return model;
}

const explainWeights = (name: string, cause: unknown): Error =>
  cause instanceof WeightsError
    ? cause
    : new ArgumentError(
        `${name}: expected the weights of its layers, got ${(cause as Error).message}; ${COPY_AGAIN}`,
        { cause },
      );

/** Builds the model of a topology that Keras 3 wrote. The code that translates it is loaded on demand. */
async function buildTranslated(saved: SavedModel): Promise<tf.LayersModel> {
  const { name, topology } = saved;
  const { buildKerasModel, savedLookup } = await import('../../keras/weights.js');
  const arrays: NamedArray[] = [];
  let weights: tf.NamedTensorMap = {};
  try {
    weights = decode(saved);
    for (const [weight, values] of Object.entries(weights)) {
      const data = Float32Array.from(await values.data());
      arrays.push({ name: weight, shape: values.shape, data });
    }
  } catch (cause) {
    throw explainWeights(name, cause);
  } finally {
    tf.dispose(weights);
  }
  return buildKerasModel(name, topology, arrays, savedLookup(name, arrays));
}

/** Decodes weights to tensors by name. If one can't be decoded, the others are disposed. */
function decode({ groups, weights }: SavedModel): tf.NamedTensorMap {
  const specs = groups.flatMap((group) => group.specs);
  return tf.tidy(() => {
    const decoded = tf.io.decodeWeights(weights, specs);
    for (const { name, group } of specs) {
      if (group === 'optimizer') Reflect.deleteProperty(decoded, name);
    }
    return decoded;
  });
}
