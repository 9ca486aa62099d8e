import * as tf from '@tensorflow/tfjs';
import type { InputSize } from '../backbone/backbone.js';
import { ArgumentError, present, reject, requireKnown, showList } from '../errors.js';
import { type ClassMap, mapClass } from '../explain/explain.js';
import type { Sheet } from '../explain/sheet.js';
import { type OnnxBase, onnxOf } from '../onnx/base.js';
import { endOfBase } from '../model/seam.js';
import { decodePicture } from '../pictures/decode.js';
import type { Picture } from '../pictures/types.js';
import { recognise, type Subject } from './classify.js';
import { classifierFolders } from './node.js';
import { layersScorer, type Scorer } from './scorer.js';
import type { ExplainOptions } from './types.js';

/** A map has about the proportions of its picture; tokens are many in one row, and their place in the picture is unknown. */
function requirePositions(onnx: OnnxBase | undefined): void {
  if (onnx === undefined) return;
  const { shape, inputSize } = onnx.features;
  const [height, width] = shape;
  if (height > 1 || width <= 2 * Math.ceil(inputSize[1] / inputSize[0])) return;
  throw new ArgumentError(
    `explain: expected features with a height and a width, got ${width} tokens, whose place in the picture is unknown`,
  );
}

/** The picture that is written: the map over the whole picture, with a legend. */
async function sheetOf(
  picture: Picture,
  { values, className, likeliest }: ClassMap,
  inputSize: InputSize,
): Promise<Sheet> {
  const [{ wholePicture }, { drawSheet }] = await Promise.all([
    import('../pictures/whole.js'),
    import('../explain/sheet.js'),
  ]);
  const whole = await wholePicture(picture);
  try {
    return await drawSheet(whole, values, inputSize, className === likeliest.className);
  } finally {
    whole.dispose();
  }
}

/** Implements `Classifier.explain`. */
export async function explain(
  subject: Subject,
  picture: Picture,
  options: ExplainOptions,
): Promise<ClassMap> {
  requireKnown('options', options, { className: true, out: true });
  const { className: wanted, out } = options;
  const { classes, format } = subject;
  if (wanted !== undefined && !classes.includes(wanted)) {
    reject('className', `one of ${showList(classes)}`, wanted);
  }
  const node =
    out === undefined ? undefined : classifierFolders.require('out', 'none in a browser', out);
  requirePositions(onnxOf(subject.current().model));
  const file = out === undefined ? undefined : await node?.requireImageFile(out, picture);
  const pixels = await decodePicture(picture, format.inputSize);
  try {
    const { model, thresholds } = subject.current();
    if (onnxOf(model) && model.weights.length === 0) {
      throw new ArgumentError(
        "classifier: expected a backbone and a head, got an ONNX file of both, in which the features aren't known; load the folder that save() wrote before the export",
      );
    }
    const explainBy = async (scorer: Scorer): Promise<ClassMap> => {
      const current = { model, thresholds, familiarity: undefined };
      const { classes: scores } = await recognise(classes, scorer, current, pixels);
      const [likeliest] = scores.map(({ className, probability }) => ({ className, probability }));
      const found = scores.find(({ className }) => className === (wanted ?? className));
      const { className, probability } = present(found, 'class');
      const toFeatures = async (features: tf.SymbolicTensor) => {
        const view = tf.model({ inputs: model.inputs, outputs: [...model.outputs, features] });
        return (await scorer.features(pixels, { model: view, features })) as tf.Tensor4D;
      };
      const map = await mapClass(model, pixels, toFeatures, classes.indexOf(className));
      const result = { className, probability, likeliest: present(likeliest, 'class'), ...map };
      try {
        if (file !== undefined) {
          await node?.writeImage(file, await sheetOf(picture, result, format.inputSize));
        }
      } catch (error) {
        tf.dispose([map.values, map.overlay]);
        throw error;
      }
      return result;
    };
    // One picture isn't worth the start of an engine.
    const isReady = subject.scoring.isRunning(model) && endOfBase(model) !== undefined;
    return await (onnxOf(model) || isReady
      ? subject.scoring.use(model, explainBy)
      : explainBy(layersScorer(model, format)));
  } finally {
    pixels.dispose();
  }
}
