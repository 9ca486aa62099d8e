import type * as tf from '@tensorflow/tfjs';
import type { Classifier } from '../../classifier/types.js';
import { requireKnown } from '../../errors.js';
import { factsOf, requireAgreement } from '../exportable.js';
import { exportFiles } from '../node.js';
import type { SavedModelOptions } from './options.js';

/**
 * Writes a model in Node as a TensorFlow SavedModel, which TensorFlow, TF Serving and tfjs-node run without the
 * layers: `saved_model.pb`, the weights in it, with the tag `serve` and the signature `serving_default`. Its
 * output, `probabilities`, is what the model answers, `[n, classes]`, or the dense head's `[n, h, w, classes]`.
 *
 * The folder is written whole or not at all. One that holds a SavedModel of this package and nothing else is replaced,
 * any other that isn't empty is refused. The same model gives the same bytes. The model stays the caller's.
 *
 * @param exported a classifier, which knows its classes, input size and preprocessing, or a model
 * @throws ArgumentError on a wrong argument, on one that contradicts the classifier, on a layer that can't be exported, over 2 GB, where the folder
 *   holds something else or can't be written, and in a browser
 */
export async function exportSavedModel(
  exported: tf.LayersModel | Classifier,
  folder: string | URL,
  options: SavedModelOptions = {},
): Promise<void> {
  const { model, ...known } = factsOf(exported);
  requireKnown('options', options, {
    input: true,
    preprocessing: true,
    inputSize: true,
    classes: true,
    modelVersion: true,
  });
  requireAgreement(options, known);
  const node = exportFiles.require('folder', 'exportOnnx() in a browser', String(folder));
  await node.writeSavedModel(model, folder, { ...options, ...known });
}
