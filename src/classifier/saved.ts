import type * as tf from '@tensorflow/tfjs';
import { type Backbone, requireBackbone } from '../backbone/backbone.js';
import { ArgumentError, reject } from '../errors.js';
import { requireSmallActivations } from '../train/saved/activations.js';
import {
  type ModelFiles,
  OF_A_CLASSIFIER,
  ONNX_FILE,
  readFile,
  readJson,
  WEIGHTS_FILE,
} from '../train/saved/files.js';
import { MAX_BYTES } from '../weights/download/arrival.js';
import { sha256 } from '../sha256.js';
import { buildModel, readModel, type SavedModel } from '../train/saved/read-model.js';
import { attachHead } from '../model/attach.js';
import type { ImageFormat } from '../pictures/set.js';
import { classifierOf, classifierOn } from './classifier.js';
import type { Familiarity } from './familiarity/familiarity.js';
import type { LoadClassifierOptions } from './load-options.js';
import { METADATA_FILE } from './files.js';
import { type ClassifierMetadata, requireFit, requireMetadata } from './metadata.js';
import type { SavedClassifier } from './saved-files.js';
import type { Classifier } from './types.js';

const CHANNELS = 3;

/** Enough for two million pictures at about 27 bytes each; ImageNet-1k has 1.3 million. */
const MAX_METADATA_BYTES = 2 ** 26;

/** Reads the files of a saved classifier. */
export async function readClassifier(files: ModelFiles): Promise<SavedClassifier> {
  const metadata = await readJson(files, METADATA_FILE, MAX_METADATA_BYTES, OF_A_CLASSIFIER);
  requireMetadata(metadata);
  const model = await readModel(files);
  await requireWeightsOf(files, model, metadata);
  const familiarity = await familiarityIn(files, metadata);
  return { metadata, model, familiarity, onnx: await onnxIn(files, metadata) };
}

/** Reads the backbone, if it is an ONNX file. */
async function onnxIn(
  files: ModelFiles,
  { onnx: hash }: ClassifierMetadata,
): Promise<Uint8Array | undefined> {
  if (hash === undefined) return undefined;
  const bytes = await readFile(files, ONNX_FILE, MAX_BYTES, OF_A_CLASSIFIER);
  if ((await sha256(bytes)) === hash) return bytes;
  throw new ArgumentError(
    `${files.nameOf(ONNX_FILE)}: expected the file that was saved with ${METADATA_FILE}, got another or a damaged one; copy the classifier's files again, all from the same save`,
  );
}

/** Checks that the weights are those that the metadata were saved with. */
async function requireWeightsOf(
  files: ModelFiles,
  { weights }: SavedModel,
  { weightsSha256 }: ClassifierMetadata,
): Promise<void> {
  if (weightsSha256 === undefined) return;
  if ((await sha256(new Uint8Array(weights))) === weightsSha256) return;
  throw new ArgumentError(
    `${files.nameOf(WEIGHTS_FILE)}: expected the file that was saved with ${METADATA_FILE}, got another or a damaged one; copy the classifier's files again, all from the same save, or delete "weightsSha256" from ${METADATA_FILE} if you changed the weights`,
  );
}

/** Reads what tells how familiar a picture is, if it was saved. */
async function familiarityIn(
  files: ModelFiles,
  { familiarity: hash }: ClassifierMetadata,
): Promise<Familiarity | undefined> {
  if (hash === undefined) return undefined;
  const { readFamiliarity } = await import('./familiarity/file.js');
  return readFamiliarity(files, hash);
}

/** @throws ArgumentError if the model doesn't match its metadata, or a layer's output for one picture would be too large for memory */
async function checked(
  classifier: Classifier,
  metadata: ClassifierMetadata,
  familiarity: Familiarity | undefined,
): Promise<Classifier> {
  // A backbone that was passed may have another input size.
  const { classes, inputSize, thresholds } = metadata;
  requireFit(classifier.model, { classes, inputSize, thresholds }, 'metadata.');
  requireSmallActivations(classifier.model, [...metadata.inputSize, CHANNELS]);
  if (familiarity !== undefined) {
    const { requireFamiliarityOf } = await import('./familiarity/file.js');
    requireFamiliarityOf(classifier.model, classes.length, familiarity);
  }
  return classifier;
}

/**
 * Builds a classifier from saved files: the whole model, or a head and the backbone passed for it. On an error, what was loaded
 * is disposed; the backbone remains the caller's.
 */
export async function assemble(
  { metadata, model: files, familiarity, onnx }: SavedClassifier,
  name: string,
  { backbone, engine }: Pick<LoadClassifierOptions, 'backbone' | 'engine'>,
): Promise<Classifier> {
  const { classes, thresholds, inputSize, preprocessing, pictures: record, temperature } = metadata;
  const { scope } = metadata;
  const known = { classes, thresholds, record, temperature, familiarity, engine };
  if (scope !== 'head' && backbone !== undefined) {
    reject('backbone', `none, as ${name} was saved with its own backbone`, backbone.name);
  }
  const saved: tf.LayersModel = await buildModel(files);
  let free = () => {
    saved.dispose();
  };
  try {
    if (scope !== 'head') {
      const format = { inputSize, preprocessing };
      const made = { ...known, format, name };
      const whole = onnx ? await onOnnx(onnx, saved, format) : saved;
      free = () => {
        whole.dispose();
      };
      return await checked(classifierOf(whole, made, 'metadata.'), metadata, familiarity);
    }
    const same = await requireSameBackbone(backbone, metadata);
    const classifier = classifierOn(same, saved, known);
    free = () => {
      classifier.dispose();
    };
    return await checked(classifier, metadata, familiarity);
  } catch (error) {
    free();
    throw error;
  }
}

/** Attaches a head, which the result owns, to an ONNX backbone. */
async function onOnnx(
  bytes: Uint8Array,
  head: tf.LayersModel,
  { inputSize, preprocessing }: ImageFormat,
): Promise<tf.LayersModel> {
  const { cutBackbone } = await import('../backbone/load-onnx.js');
  const { model } = await cutBackbone(bytes, { name: ONNX_FILE, preprocessing }, inputSize);
  const whole = attachHead(model, head);
  // TensorFlow.js frees a layer once it has been disposed as often as it was applied.
  head.dispose();
  return whole;
}

/** Checks that a backbone is the one that the head was trained on. */
async function requireSameBackbone(
  backbone: Backbone | undefined,
  { baseSha256, preprocessing }: ClassifierMetadata,
): Promise<Backbone> {
  if (backbone === undefined) {
    throw new ArgumentError(
      'backbone: expected the backbone that the head was trained on, as only the head was saved, got none; pass it: loadClassifier(source, { backbone })',
    );
  }
  requireBackbone(backbone);
  if (backbone.preprocessing !== preprocessing) {
    reject('backbone', `one with preprocessing "${preprocessing}"`, backbone.preprocessing);
  }
  const found = await backbone.sha256();
  if (found === baseSha256) return backbone;
  reject(
    'backbone',
    `the backbone that the head was trained on, with SHA-256 ${baseSha256 ?? '(none)'}`,
    found,
    'its input size, layers or weights differ: load the same backbone',
  );
}
