import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { name as packageName } from '../../package.json';
import { PREPROCESSINGS } from '../base/preprocess.js';
import { reject, requireOneOf, requirePositiveInteger } from '../errors.js';
import { foldedGraph } from '../export/graph.js';
import { inPieces } from '../export/protobuf.js';
import { encodeCheckpoint } from '../export/savedmodel/checkpoint.js';
import {
  encodeSavedModel,
  encodeWithVariables,
  type PictureInput,
  requireFits,
  SAVED_MODEL_INPUTS,
} from '../export/savedmodel/encode.js';
import { FLOAT_FORMATS, type FloatFormat } from '../weights/formats/float-format.js';
import type { SavedModelOptions } from '../export/savedmodel/options.js';
import { beginningOf } from './write/file.js';
import { type FolderFile, type FolderKind, requireFolder, writeFolder } from './write/folder.js';
import { placeOf } from './write/place.js';

const GRAPH_FILE = 'saved_model.pb';
/** A checkpoint of one part. */
const INDEX_FILE = 'variables/variables.index';
const DATA_FILE = 'variables/variables.data-00000-of-00001';
const CLASSES_FILE = 'assets.extra/classes.txt';
/** The fields before the producer's name take up to ten bytes. */
const BEGINNING_BYTES = 64;

/** The folder of a SavedModel: a graph that names this package, a checkpoint and the class names. */
export const SAVED_MODEL: FolderKind = {
  name: 'a SavedModel',
  files: [GRAPH_FILE, INDEX_FILE, DATA_FILE, CLASSES_FILE],
  isOurs: async (folder) =>
    (await beginningOf(join(folder, GRAPH_FILE), BEGINNING_BYTES)).includes(packageName),
};

const CHANNELS = 3;

/** The size that pictures are resized to. */
function requireSize({ inputs }: tf.LayersModel, inputSize: unknown): readonly [number, number] {
  const [, height, width] = inputs[0]?.shape ?? [];
  const size: unknown = inputSize ?? [height, width];
  if (!Array.isArray(size) || size.length !== 2) reject('inputSize', '[height, width]', size);
  const [down, across] = size as readonly unknown[];
  requirePositiveInteger('inputSize', down);
  requirePositiveInteger('inputSize', across);
  if ((height ?? down) !== down || (width ?? across) !== across) {
    reject('inputSize', `the model's own [${height ?? 'any'}, ${width ?? 'any'}]`, size);
  }
  return [down, across];
}

function pictureInput(model: tf.LayersModel, options: SavedModelOptions): PictureInput | undefined {
  const { input: kind = 'tensor', preprocessing, inputSize } = options;
  requireOneOf('input', kind, SAVED_MODEL_INPUTS);
  if (kind === 'tensor') {
    if (preprocessing !== undefined) requireOneOf('preprocessing', preprocessing, PREPROCESSINGS);
    if (inputSize !== undefined) requireSize(model, inputSize);
    return undefined;
  }
  requireOneOf('preprocessing', preprocessing, PREPROCESSINGS);
  const shape = model.inputs[0]?.shape ?? [];
  if (shape.length !== 4 || shape.at(-1) !== CHANNELS) {
    reject('model', `an input [n, h, w, 3] for input "${kind}"`, shape);
  }
  return { kind, preprocessing, inputSize: requireSize(model, inputSize) };
}

/** The class names, one per line. */
function classesFile(model: tf.LayersModel, classes: readonly string[]): string {
  const names: unknown = classes;
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) {
    reject('classes', 'a list of names', names);
  }
  const broken = classes.find((name) => /[\r\n]/.test(name));
  if (broken !== undefined) reject('classes', 'names without a line break', broken);
  // A single score is that of the second of two classes.
  const scores = Math.max(2, model.outputs[0]?.shape.at(-1) ?? 0);
  if (classes.length !== scores) reject('classes', `a name for each of ${scores} scores`, classes);
  return classes.map((name) => `${name}\n`).join('');
}

/**
 * Checks that a SavedModel can be written to a folder, before work begins.
 *
 * @returns the folder that it is written to
 */
export async function requireExportable(
  folder: string | URL,
  modelVersion?: number,
): Promise<string> {
  const place = placeOf('folder', folder);
  if (modelVersion !== undefined) requirePositiveInteger('modelVersion', modelVersion);
  const target = modelVersion === undefined ? folder : join(place, String(modelVersion));
  return requireFolder(target, SAVED_MODEL);
}

/** Implements `exportSavedModel`. */
export async function writeSavedModel(
  model: tf.LayersModel,
  folder: string | URL,
  options: SavedModelOptions,
): Promise<void> {
  const { classes, modelVersion } = options;
  const picture = pictureInput(model, options);
  const dtype = variablesFormat(options);
  const target = await requireExportable(folder, modelVersion);
  const content: FolderFile[] = [];
  if (classes !== undefined) {
    content.push({ path: CLASSES_FILE, bytes: classesFile(model, classes) });
  }
  content.push(...(await modelFiles(model, picture, dtype)));
  await writeFolder(target, content, SAVED_MODEL);
}

/** The number format of variables; undefined if weights are constants. */
function variablesFormat({
  dtype = 'float32',
  variables = dtype === 'float16',
}: SavedModelOptions): FloatFormat | undefined {
  requireOneOf('dtype', dtype, FLOAT_FORMATS);
  if (typeof variables !== 'boolean') reject('variables', 'true or false', variables);
  if (variables) return dtype;
  if (dtype === 'float16') reject('variables', 'true with dtype "float16"', variables);
  return undefined;
}

/** @param dtype number format of variables; without it the graph contains the weights */
async function modelFiles(
  model: tf.LayersModel,
  picture: PictureInput | undefined,
  dtype: FloatFormat | undefined,
): Promise<FolderFile[]> {
  if (dtype === undefined) {
    // Checked before the weights are copied from the backend.
    requireFits(model.countParams() * Float32Array.BYTES_PER_ELEMENT);
    const bytes = inPieces(encodeSavedModel(await foldedGraph(model), picture));
    return [{ path: GRAPH_FILE, bytes }];
  }
  const { file, variables } = encodeWithVariables(await foldedGraph(model), picture, dtype);
  const { index, data } = await encodeCheckpoint(variables);
  return [
    { path: DATA_FILE, bytes: data },
    { path: INDEX_FILE, bytes: index },
    { path: GRAPH_FILE, bytes: inPieces(file) },
  ];
}
