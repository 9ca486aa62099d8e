import * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject } from '../../errors.js';
import { buildWithin } from '../../model/from-topology.js';
import { WeightsError } from '../../weights/errors.js';
import { requireFinite } from '../../weights/finite.js';
import type { NamedArray } from '../../weights/formats/named-array.js';
import { type ModelFiles, OF_A_MODEL, readFile, readJson, WEIGHTS } from './files.js';
import { countNumbers, type WeightGroup } from './manifest.js';
import { type ModelJson, requireModelJson } from './model-json.js';

/** The file that names all others of a model. */
export const MODEL_FILE = 'model.json';

/** That of ResNet-152 has 0.4 MB; ten thousand calls of layers at 3 kB each. */
const MAX_MODEL_JSON_BYTES = 2 ** 25;

const COPY_AGAIN = "copy the model's files again, all of one save";

/** A group's files, which have exactly the bytes of its weights together. */
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

/** The bytes alone, where a Buffer has others around. */
const toArrayBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer =>
  (byteLength === buffer.byteLength
    ? buffer
    : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer;

/** What was read of a model, from which nothing is built yet. */
export interface SavedModel extends ModelJson {
  /** Of its `model.json`. */
  readonly name: string;
  /** The weights' bytes, one after the other. */
  readonly parts: readonly ArrayBuffer[];
}

/**
 * Reads a TensorFlow.js layers model, its `model.json` and the weights that it names, whoever wrote it. Files beside
 * it alone are read, no more of them than the weights need.
 *
 * @param path of the `model.json`
 * @throws ArgumentError where a file is missing, damaged or not what it says, or building the model would not end
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
  return { ...json, name, parts };
}

/**
 * Builds a model that was read. The training configuration and an optimizer's state are not restored.
 *
 * @throws ArgumentError where its weights don't fill its layers, or TensorFlow.js can't build it; WeightsError where a
 *   weight isn't finite; nothing is left behind then
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

/** The model of a topology that Keras 3 wrote. What translates it is loaded where one is met. */
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

/** The weights as tensors, by name. Where one can't be decoded, those before it are freed. */
function decode({ groups, parts }: SavedModel): tf.NamedTensorMap {
  const specs = groups.flatMap((group) => group.specs);
  return tf.tidy(() => {
    const decoded = tf.io.decodeWeights([...parts], specs);
    for (const { name, group } of specs) {
      if (group === 'optimizer') Reflect.deleteProperty(decoded, name);
    }
    return decoded;
  });
}
