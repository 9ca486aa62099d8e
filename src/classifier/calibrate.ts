import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import { volume } from '../layers/cost/layer-cost.js';
import { countClasses, type ScoreKind } from '../model/scores.js';
import { readAndDispose } from '../model/dispose.js';
import { type Figures, figuresOf, heldOf } from '../train/checkpoint.js';
import { examplesOf } from '../train/examples.js';
import type { Features, StoredFeatures } from '../train/features.js';
import type { FitResult } from '../train/fit-head.js';
import { targetsOf } from '../train/labels.js';
import { lossOf, rightOf, withLogits } from '../train/logits.js';
import { VALUES } from '../train/linear/scale.js';
import { sectionsOf } from '../train/linear/sections.js';
import { type PartedHead, partHead } from '../train/part-head.js';
import { divideLogits, fitTemperature, likelihoodLoss } from './temperature.js';

/** Pictures per batch: a head takes little memory. */
const BATCH = 256;

type Measured = Pick<Figures, 'loss' | 'accuracy'>;

/** The summed loss of images' probabilities, which a map's positions share, and how many are right. */
async function measure(kind: ScoreKind, logits: tf.Tensor, labels: Int32Array) {
  const [sum, each] = tf.tidy((): [tf.Tensor, tf.Tensor] => {
    const targets = targetsOf({ labels }, present(logits.shape.at(-1), 'axis of classes'));
    const loss =
      logits.rank === 2
        ? lossOf(kind, logits, targets).mul(labels.length)
        : likelihoodLoss(kind, logits, tf.tensor1d(labels, 'int32'));
    return [loss, rightOf(kind, logits, { labels }, targets)];
  });
  const [losses, right] = await Promise.all([readAndDispose(sum), readAndDispose(each)]);
  return { loss: present(losses[0], 'loss'), right: right.filter((one) => one !== 0).length };
}

/** What a head gives for consecutive images. The caller disposes the logits. */
interface Answered {
  readonly logits: tf.Tensor;
  readonly labels: Int32Array;
}

/** A head's logits: of all images that are in memory, of some at a time if they are stored. */
async function* logitsOf(
  subject: string,
  features: Features | StoredFeatures,
  parts: PartedHead,
): AsyncGenerator<Answered> {
  const classes = countClasses(parts.learning);
  const examples = examplesOf(subject, features, parts, { classes, batchSize: BATCH });
  const height = examples.values ? Infinity : Math.floor(VALUES / volume(examples.shape));
  try {
    for await (const { section, from } of sectionsOf(examples, height)) {
      const labels = examples.labels.subarray(from, from + section.shape[0]);
      yield { logits: parts.learning.predict(section, { batchSize: BATCH }) as tf.Tensor, labels };
    }
  } finally {
    examples.dispose();
  }
}

/** Mean loss and accuracy of a head on features. */
async function measureAll(kind: ScoreKind, answers: AsyncIterable<Answered>): Promise<Measured> {
  let [loss, right, count] = [0, 0, 0];
  for await (const { logits, labels } of answers) {
    try {
      const own = await measure(kind, logits, labels);
      loss += own.loss;
      right += own.right;
      count += labels.length;
    } finally {
      logits.dispose();
    }
  }
  return { loss: loss / count, accuracy: right / count };
}

/** All logits in one tensor, which the caller disposes. */
async function allOf(answers: AsyncIterable<Answered>): Promise<tf.Tensor> {
  const parts: tf.Tensor[] = [];
  try {
    for await (const { logits } of answers) parts.push(logits);
    return tf.concat(parts);
  } finally {
    tf.dispose(parts);
  }
}

/**
 * Whether a head's probabilities need a temperature. L-BFGS ends at an optimum whose penalty was chosen by the loss on pictures
 * that weren't trained on, and there a temperature gained nothing on three tasks: the expected calibration error changed by
 * −1.2 to 0.7 points, in no case by more than its 95 % interval (5, 20 and all pictures a class, eight splits each).
 */
const needsTemperature = (fitted: FitResult): boolean =>
  fitted.solver === 'adam' || fitted.path.length === 0;

/**
 * Fits a temperature on the validation pictures, and divides the logits of a trained head by it.
 *
 * @returns the temperature, and the figures of the head as it is then; 1 and the same figures if there are no validation pictures
 */
export async function calibrate(
  fitted: FitResult,
  training: Features | StoredFeatures,
  validation: Features | StoredFeatures | undefined,
): Promise<Figures & { readonly temperature: number }> {
  const { head } = fitted;
  const same = { ...figuresOf(fitted, heldOf(fitted)), temperature: 1 };
  if (validation === undefined || !needsTemperature(fitted)) return same;
  const parts = partHead(head);
  const { labels } = validation;
  const own: tf.Tensor[] = [];
  try {
    return await withLogits('head', parts.learning, async (kind) => {
      const before = await allOf(logitsOf('validation', validation, parts));
      own.push(before);
      const temperature = await fitTemperature(kind, before, labels);
      if (!divideLogits(parts.learning, temperature)) return same;
      const trained = await measureAll(kind, logitsOf('features', training, parts));
      const after = tf.tidy(() => before.div(temperature));
      own.push(after);
      const { loss, right } = await measure(kind, after, labels);
      const held = { loss: loss / labels.length, accuracy: right / labels.length };
      return { ...figuresOf(trained, held), temperature };
    });
  } finally {
    tf.dispose(own);
    parts.release();
  }
}
