import * as tf from '@tensorflow/tfjs';
import { preprocess } from '../base/preprocess.js';
import { reject, requireKnown, showList } from '../errors.js';
import { type ClassMap, mapClass } from '../explain/explain.js';
import { decodePicture } from '../pictures/decode.js';
import type { Picture } from '../pictures/types.js';
import { recognise, type Subject } from './classify.js';
import { classifierFolders } from './node.js';
import { layersScorer } from './scorer.js';
import type { ExplainOptions } from './types.js';

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
  const file = await node?.requireImageFile(out ?? '', picture);
  const pixels = await decodePicture(picture, format.inputSize);
  const images = tf.tidy(() => preprocess(pixels, format.preprocessing));
  try {
    // The map needs the layers, so an engine would only add its start.
    const current = { ...subject.current(), familiarity: undefined };
    const scorer = layersScorer(current.model, { preprocessing: 'none' });
    const { classes: scores } = await recognise(classes, scorer, current, images);
    const found = scores.find(({ className }) => className === (wanted ?? className));
    const { className = '', probability = NaN } = found ?? {};
    const map = await mapClass(current.model, pixels, images, classes.indexOf(className));
    try {
      await node?.writeImage(file ?? '', map.overlay);
    } catch (error) {
      tf.dispose([map.values, map.overlay]);
      throw error;
    }
    return { className, probability, ...map };
  } finally {
    tf.dispose([pixels, images]);
  }
}
