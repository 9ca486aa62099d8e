import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject } from '../errors.js';
import { MODEL_FILE } from '../train/classifier.js';
import { readJson } from './read-json.js';
import { readFolder } from './write/folder.js';

const OF_A_MODEL = [
  'a TensorFlow.js layers model',
  'name the folder that holds it and its weights',
] as const;

const CONVERT =
  'convert the Keras model with tensorflowjs_converter --output_format=tfjs_layers_model';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The model.json that a folder holds, or that is named itself. */
async function modelFileOf(source: string): Promise<string> {
  const facts = await stat(source).catch(() => undefined);
  if (facts?.isFile() !== true) return join(source, MODEL_FILE);
  if (extname(source).toLowerCase() === '.json') return source;
  throw new ArgumentError(
    `${source}: expected a folder with a model.json, or that model.json, got another file; ${CONVERT}`,
  );
}

function requireModelJson(path: string, json: unknown): asserts json is tf.io.ModelJSON {
  const { format, modelTopology, weightsManifest } = isObject(json) ? json : {};
  if (format === 'graph-model' || (isObject(modelTopology) && 'node' in modelTopology)) {
    throw new ArgumentError(
      `${path}: expected a layers model, got a GraphModel, which has no layers; ${CONVERT}`,
    );
  }
  if (!isObject(modelTopology)) {
    throw new ArgumentError(
      `${path}: expected a layers model, got none: no modelTopology; ${CONVERT}`,
    );
  }
  if (weightsManifest !== undefined && !isManifest(weightsManifest)) {
    reject(path, 'a weightsManifest of paths and weights', weightsManifest, 'save the model again');
  }
}

const isManifest = (value: unknown): value is tf.io.WeightsManifestConfig =>
  Array.isArray(value) &&
  value.every(
    (group: unknown) =>
      isObject(group) &&
      Array.isArray(group['paths']) &&
      group['paths'].every((path) => typeof path === 'string') &&
      Array.isArray(group['weights']) &&
      group['weights'].every(
        (each: unknown) =>
          isObject(each) && typeof each['name'] === 'string' && Array.isArray(each['shape']),
      ),
  );

async function readPart(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const got = code === 'ENOENT' ? 'no such file' : message;
    throw new ArgumentError(
      `${path}: expected the weights that model.json names, got ${got}; copy it from where the model was saved`,
      { cause },
    );
  }
}

const BYTES: Readonly<Record<string, number>> = {
  ...{ float32: 4, int32: 4, complex64: 8, float16: 2, uint16: 2, bool: 1, uint8: 1 },
};

/** Bytes that the manifest's weights take; nothing where it has texts, whose lengths only the file knows. */
function bytesOf(specs: readonly tf.io.WeightsManifestEntry[]): number | undefined {
  const sizes = specs.map(({ shape, dtype, quantization }) => {
    const each = BYTES[quantization?.dtype ?? dtype] ?? NaN;
    return shape.reduce((product, size) => product * size, each);
  });
  const sum = sizes.reduce((total, size) => total + size, 0);
  return Number.isNaN(sum) ? undefined : sum;
}

async function readWeights(
  folder: string,
  manifest: tf.io.WeightsManifestConfig,
): Promise<[tf.io.WeightsManifestEntry[], ArrayBuffer]> {
  const files = manifest.flatMap(({ paths }) => paths);
  const specs = manifest.flatMap(({ weights }) => weights);
  const parts = await Promise.all(files.map((file) => readPart(join(folder, file))));
  const { buffer, byteOffset, byteLength } = Buffer.concat(parts);
  const expected = bytesOf(specs);
  if (expected !== undefined && expected !== byteLength) {
    throw new ArgumentError(
      `${folder}: weights: expected ${expected} bytes, as model.json says, got ${byteLength}; copy the model's files again, all of one save`,
    );
  }
  return [specs, buffer.slice(byteOffset, byteOffset + byteLength)];
}

/** Keras 3 names its version, and describes inputs by another word. */
function isOfKeras3(topology: object): boolean {
  const text = JSON.stringify(topology);
  return ['"keras_version":"3', '"class_name":"__keras_tensor__"'].some((mark) =>
    text.includes(mark),
  );
}

/** TensorFlow.js explains itself in paragraphs; the first sentence says what is wrong. */
function explainFailure(path: string, topology: object, cause: unknown): ArgumentError {
  const text = (cause as Error).message;
  const unknown = /^Unknown \w+: (.*?)\. This may be due/s.exec(text)?.[1];
  const [expected, got, remedy] =
    unknown !== undefined
      ? [
          'layers that TensorFlow.js knows',
          JSON.stringify(unknown),
          'save the model without it, or load it in a program that calls tf.serialization.registerClass() first',
        ]
      : isOfKeras3(topology)
        ? [
            'a topology of Keras 2',
            "one of Keras 3, which TensorFlow.js can't read",
            'build and convert the model with tf_keras (TF_USE_LEGACY_KERAS=1)',
          ]
        : [
            'a layers model that TensorFlow.js can build',
            JSON.stringify(text.split('\n', 1)[0]),
            'save or convert the model again',
          ];
  return new ArgumentError(`${path}: expected ${expected}, got ${got}; ${remedy}`, { cause });
}

/** What was read of a model, from which nothing is allocated yet. */
export interface SavedModelFiles {
  /** Of the `model.json`. */
  readonly path: string;
  readonly topology: object;
  readonly artifacts: tf.io.ModelArtifacts;
}

export async function readModelFolder(source: string): Promise<SavedModelFiles> {
  const path = await modelFileOf(source);
  const json = await readJson(path, OF_A_MODEL);
  requireModelJson(path, json);
  const artifacts = await tf.io.getModelArtifactsForJSON(json, (manifest) =>
    readWeights(dirname(path), manifest),
  );
  return { path, topology: json.modelTopology, artifacts };
}

export async function buildModel(files: SavedModelFiles): Promise<tf.LayersModel> {
  try {
    return await tf.loadLayersModel(tf.io.fromMemory(files.artifacts));
  } catch (cause) {
    throw explainFailure(files.path, files.topology, cause);
  }
}

/**
 * Reads a TensorFlow.js layers model, its `model.json` and the weights that it names. A folder that is replaced meanwhile
 * is read again, so that all of it is of the same model.
 *
 * @param source the folder, or the `model.json` in it
 * @throws ArgumentError where there is none, or TensorFlow.js can't load it
 */
export async function loadModelFolder(source: string): Promise<tf.LayersModel> {
  const folder = basename(source) === MODEL_FILE ? dirname(source) : source;
  return buildModel(await readFolder(folder, () => readModelFolder(source)));
}
