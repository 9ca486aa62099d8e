import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { requireOneOf } from '../errors.js';
import { splitModel } from '../model/split.js';
import {
  assemble,
  type Classifier,
  loadClassifier as loadFromUrl,
  type LoadClassifierOptions,
  METADATA_FILE,
  MODEL_FILE,
  requireMetadata,
} from '../train/classifier.js';
import { hashModel } from '../weights/hash-model.js';
import { loadModelFolder } from './load-model-folder.js';
import { readJson } from './read-json.js';
import { writeWhole } from './write-file.js';

const WEIGHTS_FILE = 'weights.bin';

const concatenated = (data: tf.io.WeightData | undefined): Uint8Array => {
  const parts = data === undefined ? [] : Array.isArray(data) ? data : [data];
  return Buffer.concat(parts.map((part) => new Uint8Array(part)));
};

/**
 * Writes a TensorFlow.js layers model to a folder: `model.json` and `weights.bin`, each whole.
 *
 * @throws ArgumentError where the folder can't be written
 */
export async function saveModelFolder(model: tf.LayersModel, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    const { weightData, weightSpecs = [], ...rest } = artifacts;
    const weightsManifest = [{ paths: [WEIGHTS_FILE], weights: weightSpecs }];
    await writeWhole(join(folder, WEIGHTS_FILE), concatenated(weightData));
    await writeWhole(join(folder, MODEL_FILE), JSON.stringify({ ...rest, weightsManifest }));
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
  });
  await model.save(handler);
}

/**
 * Writes a classifier to a folder: a TensorFlow.js layers model (`model.json`, `weights.bin`), which any
 * TensorFlow.js loads, and `metadata.json`. Each file is written whole; `metadata.json`, without which
 * nothing is loaded, last.
 *
 * @throws ArgumentError where the folder can't be written
 */
export async function saveClassifier(
  { model, metadata }: Classifier,
  folder: string,
  options: SaveClassifierOptions = {},
): Promise<void> {
  const { scope = 'all' } = options;
  requireOneOf('scope', scope, ['all', 'head']);
  // One that is half written over must not be taken for whole.
  await rm(join(folder, METADATA_FILE), { force: true });
  if (scope === 'all') {
    await saveModelFolder(model, folder);
  } else {
    const { base, head } = splitModel(model);
    try {
      await saveModelFolder(head, folder);
    } finally {
      head.dispose();
    }
    metadata = { ...metadata, baseSha256: await hashModel(base) };
  }
  await writeWhole(
    join(folder, METADATA_FILE),
    `${JSON.stringify({ ...metadata, scope }, null, 2)}\n`,
  );
}

export interface SaveClassifierOptions {
  /** `'head'` writes the head alone, 82 kB of a pooled one, for a base that is at hand where it is loaded. @default 'all' */
  readonly scope?: 'all' | 'head';
}

/** Whose the file is that is read, and what to do where it isn't there. */
const OF_A_CLASSIFIER = [
  'a saved classifier',
  'name a folder that train or saveClassifier() wrote',
] as const;

/**
 * Loads a classifier that {@link saveClassifier} wrote.
 *
 * @param source a folder, or the address of one
 * @throws ArgumentError where it holds none, or a head without its base
 */
export async function loadClassifier(
  source: string | URL,
  options: LoadClassifierOptions = {},
): Promise<Classifier> {
  if (/^https?:/.test(String(source))) return loadFromUrl(source, options);
  const folder = String(source);
  const metadata = await readJson(join(folder, METADATA_FILE), OF_A_CLASSIFIER);
  requireMetadata(metadata);
  return assemble(metadata, await loadModelFolder(folder), options);
}
