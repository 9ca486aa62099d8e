import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import type { Batch, Batches, Course } from './course.js';
import { targetsOf } from './labels.js';
import { lossOf, rightOf } from './logits.js';

/** The mean loss of a batch or pass, and the number of correct predictions. */
export interface Measure {
  readonly loss: number;
  readonly right: number;
}

/**
 * Runs `use` on each batch; the loss is the mean over all examples.
 *
 * @param pause yields to the event loop from time to time
 */
export async function pass(
  batches: ReturnType<Batches>,
  use: (batch: Batch, index: number) => Promise<Measure>,
  pause: () => Promise<void>,
): Promise<{ readonly loss: number; readonly accuracy: number }> {
  let [loss, right, examples, index] = [0, 0, 0, 0];
  for await (const batch of batches) {
    const size = batch.labels.length;
    const measure = await use(batch, index++);
    loss += size * measure.loss;
    right += measure.right;
    examples += size;
    await pause();
  }
  return { loss: loss / examples, accuracy: right / examples };
}

/** Measures a model that returns logits, without training it. */
export function evaluate(
  { model, kind }: Pick<Course, 'model' | 'kind'>,
  batches: ReturnType<Batches>,
  pause: () => Promise<void>,
) {
  const use = (batch: Batch) => {
    const [loss, right] = tf.tidy(() => {
      const logits = model.predictOnBatch(batch.inputs) as tf.Tensor;
      const targets = targetsOf(batch, scoresIn(logits));
      return [lossOf(kind, logits, targets), rightOf(kind, logits, batch, targets)] as const;
    });
    return readMeasure(loss, right);
  };
  return pass(batches, use, pause);
}

/** The number of scores of an image or position. */
export const scoresIn = ({ shape }: tf.Tensor): number => present(shape.at(-1), 'axis of classes');

/** Reads and disposes a batch's loss and which predictions are right. A synchronous read would block a page, and WebGPU has none. */
export async function readMeasure(mean: tf.Scalar, isRight?: tf.Tensor1D): Promise<Measure> {
  try {
    const [[loss], verdicts] = await Promise.all([mean.data(), isRight?.data()]);
    const right = verdicts?.filter((verdict) => verdict === 1).length ?? 0;
    return { loss: present(loss, 'loss of a batch'), right };
  } finally {
    tf.dispose([mean, isRight]);
  }
}
