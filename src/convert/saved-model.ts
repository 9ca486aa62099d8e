import type * as tf from '@tensorflow/tfjs';
import type { Classifier } from '../classifier/types.js';
import { ArgumentError, requireKnown } from '../errors.js';
import { onnxOf } from '../onnx/base.js';
import { factsOf, requireAgreement } from './exportable.js';
import { exportFiles } from './node.js';
import type { SavedModelOptions } from '../export/savedmodel/options.js';

/**
 * Exports a model to a TensorFlow SavedModel, for TensorFlow, TF Serving and tfjs-node. Node only.
 *
 * It writes a `saved_model.pb`, which includes the weights unless they are variables, with the tag `serve` and the signature `serving_default`. The output
 * `probabilities` is the model's, `[n, classes]`, or `[n, h, w, classes]` for a dense head. The same model always gives the same bytes.
 *
 * The folder is written completely or not at all. A folder that holds only a SavedModel of this package is overwritten; any other that
 * isn't empty is refused. The model is not disposed.
 *
 * @param exported a model, or a classifier, whose classes, input size and preprocessing are used
 * @throws ArgumentError on a wrong argument, if an option contradicts the classifier, a layer can't be exported, the file would exceed
 *   2 GB, a weight is too large for float16, or the folder holds something else or can't be written, and in a browser
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
    variables: true,
    dtype: true,
    classes: true,
    modelVersion: true,
  });
  if (onnxOf(model)) {
    throw new ArgumentError(
      'model: expected layers of TensorFlow.js, got an ONNX backbone; export it to ONNX',
    );
  }
  requireAgreement(options, known);
  const node = exportFiles.require('folder', 'exportOnnx() in a browser', String(folder));
  await node.writeSavedModel(model, folder, { ...options, ...known });
}
