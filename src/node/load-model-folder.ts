import { stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';
import { CONVERT } from '../train/saved/model-json.js';
import { MODEL_FILE } from '../train/saved/files.js';
import { buildModel, readModel, type SavedModel } from '../train/saved/read-model.js';
import { type Integrity, requireHash, requireIntegrity } from '../weights/download/integrity.js';
import { folderFiles } from './folder-files.js';
import { readBytes } from './read-file.js';
import { readFolder } from './write/folder.js';

/** Extension of the files in which Keras 3 saves whole models. */
const KERAS = '.keras';

async function readModelFolder(source: string): Promise<SavedModel> {
  const facts = await stat(source).catch(() => undefined);
  if (facts?.isFile() !== true) return readModel(folderFiles(source));
  if (extname(source).toLowerCase() === '.json') {
    return readModel(folderFiles(dirname(source)), basename(source));
  }
  throw new ArgumentError(
    `${source}: expected a folder with a model.json, that model.json, or a .keras file, got another file; ${CONVERT}`,
  );
}

/**
 * Loads a TensorFlow.js layers model (its `model.json` and the weights that it names), or the `.keras` file of a Keras 3 model. A
 * folder that is replaced meanwhile is read again, so that all files belong to the same model. The training configuration and an
 * optimizer's state are not restored.
 *
 * @param source the folder, the `model.json` in it, or a `.keras` file
 * @param integrity expected hash of a `.keras` file
 * @throws ArgumentError if a file is missing, damaged or outside the folder, or TensorFlow.js can't load it; WeightsError if a
 *   `.keras` file is damaged or doesn't match its hash
 */
export async function loadModelFolder(
  source: string,
  integrity?: Integrity,
): Promise<tf.LayersModel> {
  if (extname(source).toLowerCase() === KERAS) {
    const { readKerasModel } = await import('../keras/archive.js');
    if (integrity) requireHash(integrity);
    const bytes = await readBytes(source, 'the path of a .keras file');
    if (integrity) await requireIntegrity(source, bytes, integrity);
    return readKerasModel(bytes, source);
  }
  const folder = basename(source) === MODEL_FILE ? dirname(source) : source;
  return buildModel(await readFolder(folder, () => readModelFolder(source)));
}
