import { stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';
import { CONVERT } from '../train/saved/model-json.js';
import { buildModel, MODEL_FILE, readModel, type SavedModel } from '../train/saved/read-model.js';
import { folderFiles } from './folder-files.js';
import { readFolder } from './write/folder.js';

async function readModelFolder(source: string): Promise<SavedModel> {
  const facts = await stat(source).catch(() => undefined);
  if (facts?.isFile() !== true) return readModel(folderFiles(source));
  if (extname(source).toLowerCase() === '.json') {
    return readModel(folderFiles(dirname(source)), basename(source));
  }
  throw new ArgumentError(
    `${source}: expected a folder with a model.json, or that model.json, got another file; ${CONVERT}`,
  );
}

/**
 * Reads a TensorFlow.js layers model, its `model.json` and the weights that it names. A folder that is replaced meanwhile
 * is read again, so that all of it is of the same model. The training configuration and an optimizer's state are not
 * restored.
 *
 * @param source the folder, or the `model.json` in it
 * @throws ArgumentError where a file is missing, damaged, outside the folder or not what it says, or TensorFlow.js
 *   can't load it
 */
export async function loadModelFolder(source: string): Promise<tf.LayersModel> {
  const folder = basename(source) === MODEL_FILE ? dirname(source) : source;
  return buildModel(await readFolder(folder, () => readModelFolder(source)));
}
