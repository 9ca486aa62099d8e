import * as tf from '@tensorflow/tfjs';
import type { HeadName } from 'resnet-heads';
import type { Features } from './features.js';

/**
 * Adam's step. One linear layer bears larger steps than two on top of each other: at 1e-3 a pooled head
 * needs 30 epochs of 160 cats and dogs for what 5e-3 gives in 12, 96 % on those unseen.
 */
const LEARNING_RATES: Readonly<Record<HeadName, number>> = {
  pooled: 5e-3,
  flattened: 1e-3,
  dense: 1e-3,
};
const BATCH_SIZE = 32;

/** One-hot labels in the shape of the head's output: of a map, each position gets its picture's label. */
function targets(head: tf.LayersModel, labels: readonly number[]): tf.Tensor {
  const [, ...output] = head.outputShape as number[];
  const classes = output.at(-1) ?? 0;
  const ones = output.map(() => 1);
  return tf.tidy(() =>
    tf
      .oneHot([...labels], classes)
      .toFloat()
      .reshape([labels.length, ...ones.slice(0, -1), classes])
      .tile([1, ...output.slice(0, -1), 1]),
  );
}

/**
 * Trains a head that gives logits. On logits, since TensorFlow.js clips the probabilities of a softmax
 * layer before it takes their logarithm, and a saturated head then has no gradient to recover by.
 */
export async function trainHead(
  head: tf.LayersModel,
  name: HeadName,
  { values, labels }: Features,
  epochs: number,
  onEpoch: () => void,
): Promise<void> {
  head.compile({
    optimizer: tf.train.adam(LEARNING_RATES[name]),
    loss: (truth: tf.Tensor, logits: tf.Tensor) => tf.losses.softmaxCrossEntropy(truth, logits),
  });
  const wanted = targets(head, labels);
  await head.fit(values, wanted, {
    epochs,
    batchSize: BATCH_SIZE,
    callbacks: { onEpochEnd: onEpoch },
  });
  wanted.dispose();
}

/** `[pictures, classes]` probabilities; a map's are averaged over its positions. */
export function predict(head: tf.LayersModel, values: tf.Tensor4D): tf.Tensor2D {
  return tf.tidy(() => {
    const probabilities = tf.softmax(head.predict(values, { batchSize: BATCH_SIZE }) as tf.Tensor);
    return probabilities.rank === 2 ? probabilities : probabilities.mean([1, 2]);
  }) as tf.Tensor2D;
}

/** The share of pictures whose likeliest class is the right one, 0 to 1. */
export function accuracy(head: tf.LayersModel, { values, labels }: Features): number {
  const guesses = tf.tidy(() => predict(head, values).argMax(1).dataSync());
  return labels.filter((label, i) => guesses[i] === label).length / labels.length;
}
