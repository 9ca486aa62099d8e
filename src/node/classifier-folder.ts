import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { name as packageName, version } from '../../package.json';
import { requireOneOf, requireOptions } from '../errors.js';
import { requireLayersModel } from '../model/check.js';
import { splitModel } from '../model/split.js';
import { type Classifier, requireMetadata } from '../train/classifier.js';
import {
  loadClassifier as loadFromUrl,
  type LoadClassifierOptions,
} from '../train/load-classifier.js';
import { assemble, METADATA_FILE, readClassifier } from '../train/saved/classifier.js';
import { MODEL_FILE } from '../train/saved/read-model.js';
import { hashModel } from '../weights/hash-model.js';
import { folderFiles, toPath } from './folder-files.js';
import {
  type FolderFile,
  type FolderKind,
  readFolder,
  requireFolder,
  writeFolder,
} from './write/folder.js';

const WEIGHTS_FILE = 'weights.bin';

/** What a `model.json` says of who wrote it. */
const GENERATED_BY = `${packageName} ${version}`;

async function wroteModel(folder: string): Promise<boolean> {
  const { generatedBy } = (await parsed(join(folder, MODEL_FILE))) as { generatedBy?: unknown };
  return typeof generatedBy === 'string' && generatedBy.startsWith(packageName);
}

const parsed = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'));

const MODEL: FolderKind = {
  name: 'a model',
  files: [MODEL_FILE, WEIGHTS_FILE],
  isOurs: wroteModel,
};

/** The folder of a classifier: `model.json` that says that it is ours, its weights, and metadata as we write them. */
export const CLASSIFIER: FolderKind = {
  name: 'a classifier',
  files: [MODEL_FILE, WEIGHTS_FILE, METADATA_FILE],
  isOurs: async (folder) => {
    requireMetadata(await parsed(join(folder, METADATA_FILE)));
    return wroteModel(folder);
  },
};

const concatenated = (data: tf.io.WeightData | undefined): Uint8Array => {
  const parts = data === undefined ? [] : Array.isArray(data) ? data : [data];
  return Buffer.concat(parts.map((part) => new Uint8Array(part)));
};

/** A model as files of a folder. */
async function modelFiles(model: tf.LayersModel): Promise<FolderFile[]> {
  const files: FolderFile[] = [];
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    const { weightData, weightSpecs = [], generatedBy, ...rest } = artifacts;
    const weightsManifest = [{ paths: [WEIGHTS_FILE], weights: weightSpecs }];
    const by = `${GENERATED_BY}, ${generatedBy ?? 'TensorFlow.js'}`;
    const json = JSON.stringify({ ...rest, generatedBy: by, weightsManifest });
    files.push({ path: WEIGHTS_FILE, bytes: concatenated(weightData) });
    files.push({ path: MODEL_FILE, bytes: json });
    return Promise.resolve({
      modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' },
    });
  });
  await model.save(handler);
  return files;
}

/** A model, or its head alone with the hash of the base that it needs. */
async function partFiles(model: tf.LayersModel, scope: 'all' | 'head') {
  if (scope === 'all') return { files: await modelFiles(model) };
  const { base, head } = splitModel(model);
  try {
    return { files: await modelFiles(head), baseSha256: await hashModel(base) };
  } finally {
    head.dispose();
  }
}

/**
 * Writes a TensorFlow.js layers model to a folder, `model.json` and `weights.bin`, whole or not at all. A folder that
 * this function wrote is replaced, any other that isn't empty is refused.
 *
 * @throws ArgumentError where the folder holds something else or can't be written
 */
export async function saveModelFolder(model: tf.LayersModel, folder: string): Promise<void> {
  requireLayersModel('model', model);
  await requireFolder(folder, MODEL);
  await writeFolder(folder, await modelFiles(model), MODEL);
}

/**
 * Writes a classifier to a folder: a TensorFlow.js layers model (`model.json`, `weights.bin`), which any
 * TensorFlow.js loads, and `metadata.json`. The folder is written whole or not at all: a process that is killed at any
 * moment, or a full disk, leaves the classifier that was there.
 *
 * A folder that holds a classifier of this package and nothing else is replaced, any other that isn't empty is refused.
 *
 * @throws ArgumentError where the folder holds something else or can't be written
 */
export async function saveClassifier(
  { model, metadata }: Classifier,
  folder: string,
  options: SaveClassifierOptions = {},
): Promise<void> {
  requireOptions('options', options);
  const { scope = 'all' } = options;
  requireOneOf('scope', scope, ['all', 'head']);
  await requireFolder(folder, CLASSIFIER);
  const { files, ...own } = await partFiles(model, scope);
  const json = JSON.stringify({ ...metadata, ...own, scope }, null, 2);
  const content = [...files, { path: METADATA_FILE, bytes: `${json}\n` }];
  await writeFolder(folder, content, CLASSIFIER);
}

export interface SaveClassifierOptions {
  /** `'head'` writes the head alone, 82 kB of a pooled one, for a base that is at hand where it is loaded. @default 'all' */
  readonly scope?: 'all' | 'head';
}

/**
 * Loads a classifier that {@link saveClassifier} wrote. One that is replaced meanwhile is read again, so that all of it
 * is of the same classifier.
 *
 * @param source a folder, its `file:` URL, or the http(s) address of one
 * @throws ArgumentError where it holds none, a file is damaged or outside the folder, or a head comes without its
 *   base
 */
export async function loadClassifier(
  source: string | URL,
  options: LoadClassifierOptions = {},
): Promise<Classifier> {
  if (/^https?:/.test(String(source))) return loadFromUrl(source, options);
  requireOptions('options', options);
  const folder = toPath(source);
  return assemble(
    await readFolder(folder, () => readClassifier(folderFiles(folder))),
    options.base,
  );
}
