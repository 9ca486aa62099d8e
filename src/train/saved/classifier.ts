import type * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject } from '../../errors.js';
import { attachHead } from '../../model/attach.js';
import { requireLayersModel } from '../../model/check.js';
import { disposeHeadOf } from '../../model/dispose.js';
import { hashModel } from '../../weights/hash-model.js';
import {
  type Classifier,
  type ClassifierMetadata,
  createClassifier,
  requireMetadata,
} from '../classifier.js';
import { requireSmallActivations } from './activations.js';
import { type ModelFiles, OF_A_CLASSIFIER, readJson } from './files.js';
import { buildModel, readModel, type SavedModel } from './read-model.js';

/** What a saved classifier has beside its model. */
export const METADATA_FILE = 'metadata.json';

const CHANNELS = 3;

/** Two million pictures at some 27 bytes each; ImageNet-1k has 1.3 million. */
const MAX_METADATA_BYTES = 2 ** 26;

/** What was read of a classifier, from which nothing is built yet. */
export interface SavedClassifier {
  readonly metadata: ClassifierMetadata;
  readonly model: SavedModel;
}

/** Reads a saved classifier, wherever its files are. */
export async function readClassifier(files: ModelFiles): Promise<SavedClassifier> {
  const metadata = await readJson(files, METADATA_FILE, MAX_METADATA_BYTES, OF_A_CLASSIFIER);
  requireMetadata(metadata);
  return { metadata, model: await readModel(files) };
}

/**
 * Makes a classifier of what was saved: the whole model, or a head and the base that is handed in. On an error, what
 * was loaded is freed, and the base stays the caller's.
 */
export async function assemble(
  { metadata, model: files }: SavedClassifier,
  base?: tf.LayersModel,
): Promise<Classifier> {
  const saved = await buildModel(files);
  let free = () => {
    saved.dispose();
  };
  try {
    if (metadata.scope !== 'head') return affordable(createClassifier(saved, metadata));
    const own = await requireBase(base, metadata);
    const model = attachHead(own, saved);
    // Its layers are the model's now.
    saved.dispose();
    free = () => {
      disposeHeadOf(model, own);
    };
    return affordable(createClassifier(model, metadata));
  } catch (error) {
    free();
    throw error;
  }
}

/** A classifier that can look at one picture without taking all memory. */
function affordable(classifier: Classifier): Classifier {
  const { model, metadata } = classifier;
  requireSmallActivations(model, [...metadata.inputSize, CHANNELS]);
  return classifier;
}

/** Holds a base against what was saved of the one that the head was trained on. */
async function requireBase(
  base: tf.LayersModel | undefined,
  { baseSha256 }: ClassifierMetadata,
): Promise<tf.LayersModel> {
  if (base === undefined) {
    throw new ArgumentError(
      'base: expected the base that the head was trained on, as it was saved alone, got none; hand it in: loadClassifier(source, { base })',
    );
  }
  requireLayersModel('base', base);
  const found = await hashModel(base);
  if (found === baseSha256) return base;
  reject(
    'base',
    `the base that the head was trained on, of SHA-256 ${baseSha256 ?? '(none)'}`,
    found,
    'its input size, its layers or its weights differ: load the same base',
  );
}
