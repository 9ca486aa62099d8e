import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FAMILIARITY_FILE } from '../classifier/familiarity/familiarity.js';
import type { SavedClassifier } from '../classifier/saved-files.js';
import { METADATA_FILE } from '../classifier/files.js';
import { requireMetadata } from '../classifier/metadata.js';
import { MODEL_FILE, type ModelFiles, ONNX_FILE, WEIGHTS_FILE } from '../train/saved/files.js';
import { isGenerated } from '../train/saved/write-model.js';
import { folderFiles, toPath } from './folder-files.js';
import { HISTORY_FILE, isHistory } from './history-file.js';
import { isReport, REPORT_FILE } from './report-file.js';
import { type FolderKind, readFolder, requireFolder, writeFolder } from './write/folder.js';

const parsed = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'));

/** Files of a training run, and what tells that this package wrote one. */
const REPORTS = [
  [REPORT_FILE, isReport],
  [HISTORY_FILE, isHistory],
] as const;

/** The folder of a classifier: a `model.json` that this package wrote, its weights, its metadata and what tells how familiar a picture is. */
export const CLASSIFIER: FolderKind = {
  name: 'a classifier',
  files: [
    ...[MODEL_FILE, WEIGHTS_FILE, METADATA_FILE, FAMILIARITY_FILE, ONNX_FILE],
    ...[REPORT_FILE, HISTORY_FILE],
  ],
  isOurs: async (folder) => {
    const metadata = await parsed(join(folder, METADATA_FILE));
    requireMetadata(metadata);
    // A file of that name that isn't the classifier's is the user's.
    if (metadata.onnx === undefined && existsSync(join(folder, ONNX_FILE))) return false;
    for (const [name, isOurs] of REPORTS) {
      if (existsSync(join(folder, name)) && !(await isOurs(join(folder, name)))) return false;
    }
    return isGenerated(await parsed(join(folder, MODEL_FILE)));
  },
};

/**
 * Writes a classifier's files to a folder, completely or not at all: if the process is killed or the disk is full, the old
 * classifier remains.
 *
 * Only a folder that is empty, or contains a classifier of this package and nothing else, is overwritten.
 *
 * @throws ArgumentError if the folder contains something else or can't be written
 */
export async function writeClassifier(
  folder: string | URL,
  files: () => Promise<Readonly<Record<string, Uint8Array>>>,
): Promise<void> {
  const path = await requireFolder(folder, CLASSIFIER);
  const content = Object.entries(await files()).map(([name, bytes]) => ({ path: name, bytes }));
  await writeFolder(path, content, CLASSIFIER);
}

/** Reads a classifier's folder, again if it is replaced meanwhile, so that all files belong to the same classifier. */
export function readClassifierFolder(
  source: string | URL,
  read: (files: ModelFiles) => Promise<SavedClassifier>,
): Promise<SavedClassifier> {
  const folder = toPath(source);
  return readFolder(folder, () => read(folderFiles(folder)));
}
