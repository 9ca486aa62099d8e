import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import type { ScoreKind } from '../model/scores.js';
import { readAndDispose } from '../model/dispose.js';
import { type Figures, figuresOf, heldOf } from '../train/checkpoint.js';
import type { Features } from '../train/features.js';
import type { FitResult } from '../train/fit-head.js';
import { targetsOf } from '../train/labels.js';
import { lossOf, rightOf, withLogits } from '../train/logits.js';
import { outputsFor, partHead } from '../train/part-head.js';
import { divideLogits, fitTemperature, likelihoodLoss } from './temperature.js';

/** Pictures per batch: a head takes little memory. */
const BATCH = 256;

type Measured = Pick<Figures, 'loss' | 'accuracy'>;

/** Mean loss and accuracy of the images' probabilities, which a map's positions share. */
async function measure(kind: ScoreKind, logits: tf.Tensor, labels: Int32Array): Promise<Measured> {
  const [mean, each] = tf.tidy((): [tf.Tensor, tf.Tensor] => {
    const targets = targetsOf({ labels }, present(logits.shape.at(-1), 'axis of classes'));
    const loss =
      logits.rank === 2
        ? lossOf(kind, logits, targets)
        : likelihoodLoss(kind, logits, tf.tensor1d(labels, 'int32')).div(labels.length);
    return [loss, rightOf(kind, logits, { labels }, targets)];
  });
  const [losses, right] = await Promise.all([readAndDispose(mean), readAndDispose(each)]);
  const count = right.filter((one) => one !== 0).length;
  return { loss: present(losses[0], 'loss'), accuracy: count / labels.length };
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
  training: Features,
  validation: Features | undefined,
): Promise<Figures & { readonly temperature: number }> {
  const { head } = fitted;
  const same = { ...figuresOf(fitted, heldOf(fitted)), temperature: 1 };
  if (validation === undefined || !needsTemperature(fitted)) return same;
  const parts = partHead(head);
  const own: tf.Tensor[] = [];
  const logitsOf = ({ values }: Features): tf.Tensor => {
    const logits = outputsFor(parts, values, BATCH);
    own.push(logits);
    return logits;
  };
  try {
    return await withLogits('head', parts.learning, async (kind) => {
      const before = logitsOf(validation);
      const temperature = await fitTemperature(kind, before, validation.labels);
      if (!divideLogits(parts.learning, temperature)) return same;
      const trained = await measure(kind, logitsOf(training), training.labels);
      const after = tf.tidy(() => before.div(temperature));
      own.push(after);
      const held = await measure(kind, after, validation.labels);
      return { ...figuresOf(trained, held), temperature };
    });
  } finally {
    tf.dispose(own);
    parts.release();
  }
}
