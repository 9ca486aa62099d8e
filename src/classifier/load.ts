import * as tf from '@tensorflow/tfjs';
import { refuseFileOptions } from '../backbone/model-files.js';
import { bytesIn } from '../bytes.js';
import { refuseOptions, requireKnown } from '../errors.js';
import { requireLayersModel } from '../model/check.js';
import { FETCH_NAMES } from '../weights/option-names.js';
import { publishedAs, RESNET_MINI } from '../weights/pretrained.js';
import type { LoadClassifierOptions } from './load-options.js';
import { classifierFolders } from './node.js';
import type { Classifier } from './types.js';

const isFiles = (source: unknown): source is Readonly<Record<string, Uint8Array>> =>
  typeof source === 'object' &&
  source !== null &&
  Object.values(source).length > 0 &&
  Object.values(source).every((each) => each instanceof Uint8Array);

/** Files that contain a whole model. */
const MODEL_FILE = /\.(json|keras)$/i;

const ONNX_FILE = /\.onnx([?#].*)?$/i;

/**
 * Loads a classifier: a published one, a saved one, or a model with its class names and preprocessing.
 *
 * @example const imagenet = await loadClassifier('keras/resnet50')
 * @param source a name from `pretrainedWeights()`, for ImageNet's 1,000 classes; the URL, or in Node the path, of a folder
 *   that {@link Classifier.save} wrote, of an `.onnx` file that {@link exportOnnx} wrote of a classifier, or of a whole model (a layers
 *   model's `model.json`, a `.keras` file, any other `.onnx` file), with `classes` and `preprocessing`; the bytes of an ONNX file; the
 *   result of {@link Classifier.files}; or a `tf.LayersModel` with these options, which the classifier then owns
 * @throws ArgumentError if a file is missing, damaged or too large, or files don't fit each other; WeightsError if weights can't
 *   be downloaded. No tensor is left behind, and a model that was passed stays as it is
 */
export async function loadClassifier(
  source:
    | string
    | URL
    | Uint8Array
    | ArrayBuffer
    | Blob
    | Readonly<Record<string, Uint8Array>>
    | tf.LayersModel,
  options: LoadClassifierOptions = {},
): Promise<Classifier> {
  requireKnown('options', options, {
    ...FETCH_NAMES,
    backbone: true,
    engine: true,
    classes: true,
    thresholds: true,
    preprocessing: true,
    inputSize: true,
  });
  options.signal?.throwIfAborted();
  const { engine } = options;
  // On demand: few pages name one.
  if (engine !== undefined) await (await import('../engine/start.js')).requireEngine(engine);
  const isName = typeof source === 'string' || source instanceof URL;
  const bytes = isName ? undefined : await bytesIn(source);
  if (bytes || (isName && ONNX_FILE.test(String(source)))) {
    const { onnxClassifier } = await import('./load-onnx.js');
    return onnxClassifier(bytes ?? (source as string | URL), options);
  }
  if (isFiles(source)) {
    const { backbone } = options;
    refuseOptions(options, 'for files in hand', ['backbone', 'engine']);
    const [{ filesInHand }, { assemble, readClassifier }] = await Promise.all([
      import('../train/saved/files-in-hand.js'),
      import('./saved.js'),
    ]);
    return assemble(await readClassifier(filesInHand(source)), 'files', { backbone, engine });
  }
  if (!isName) {
    requireLayersModel('source', source);
    refuseOptions(options, 'for a model in hand', [
      'classes',
      'thresholds',
      'preprocessing',
      'inputSize',
      'engine',
    ]);
    return (await import('./load-model.js')).ofModel(source, options, source.name);
  }
  if (source === RESNET_MINI) {
    // On demand: a page with a classifier of its own needs none of it.
    return (await import('./resnet-mini.js')).miniClassifier(options);
  }
  const known = publishedAs(source);
  if (known !== undefined) {
    const { backbone, classes, thresholds, preprocessing, ...others } = options;
    refuseOptions(
      { backbone, classes, thresholds, preprocessing },
      `for ${known.name}, which has its own`,
    );
    const { imagenetClassifier } = await import('./imagenet.js');
    return imagenetClassifier(known, others);
  }
  const { classes, thresholds, preprocessing, inputSize } = options;
  if (MODEL_FILE.test(String(source))) {
    return (await import('./load-model.js')).ofFile(source, options);
  }
  const own = { classes, thresholds, preprocessing, inputSize };
  refuseOptions(own, 'for a saved classifier, which has its own');
  refuseFileOptions(options, 'a saved classifier');
  // On demand: a page that trains and never loads needs none of it.
  const [{ fetchedFiles }, { assemble, readClassifier }] = await Promise.all([
    import('../train/saved/fetched-files.js'),
    import('./saved.js'),
  ]);
  const node = /^https?:/.test(String(source)) ? undefined : classifierFolders.get();
  const saved = node
    ? await node.read(source, readClassifier)
    : await readClassifier(fetchedFiles(source, options));
  return assemble(saved, String(source), options);
}
