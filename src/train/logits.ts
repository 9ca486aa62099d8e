import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';

/** What a classifier's last layer makes of its logits. */
export type ScoreKind = 'softmax' | 'sigmoid' | 'linear';

/** What is used of a layer with an activation, which TensorFlow.js's types don't show. */
interface Activated {
  activation: { getClassName(): string };
}

const KINDS: readonly ScoreKind[] = ['softmax', 'sigmoid', 'linear'];

/** The activation object of a layer that has none. */
const linear = () =>
  (tf.layers.dense({ units: 1 }) as unknown as Activated & tf.layers.Layer).activation;

function outputLayer(model: tf.LayersModel): Activated {
  const layer = model.outputs[0]?.sourceLayer;
  const activation = (layer as unknown as Partial<Activated> | undefined)?.activation;
  if (model.outputs.length !== 1 || typeof activation?.getClassName !== 'function') {
    throw new ArgumentError(
      `head: expected one output, of a layer with an activation, got ${layer?.getClassName() ?? 'none'}; end it with a dense layer, or an activation`,
    );
  }
  return layer as unknown as Activated;
}

/**
 * Runs `work` while a model gives logits in place of scores. Trained through its softmax, a head gets
 * stuck: TensorFlow.js clips probabilities at 1e-7 before it takes their logarithm, and a head that is
 * sure and wrong has no gradient left to recover by.
 *
 * @throws ArgumentError where the last layer is neither softmax nor sigmoid nor linear
 */
export async function withLogits<T>(
  model: tf.LayersModel,
  work: (kind: ScoreKind) => Promise<T>,
): Promise<T> {
  const layer = outputLayer(model);
  const scores = layer.activation;
  const kind = KINDS.find((each) => each === scores.getClassName());
  if (kind === undefined) {
    throw new ArgumentError(
      `head: expected its last activation to be one of ${KINDS.join(', ')}, got ${scores.getClassName()}`,
    );
  }
  layer.activation = linear();
  try {
    return await work(kind);
  } finally {
    layer.activation = scores;
  }
}

/** Logits with one axis for the classes, and the positions of a map, if it is one, between it and the batch. */
const flat = (logits: tf.Tensor): tf.Tensor3D =>
  logits.reshape([logits.shape[0], -1, logits.shape.at(-1) ?? 0]);

/**
 * The mean loss of a batch, computed on logits. On a map each position is held to its image's label.
 *
 * @param logits `[batch, classes]` or `[batch, h, w, classes]`
 * @param labels class of each image
 * @param weights of each image, 1 on average
 */
export function lossOf(
  kind: ScoreKind,
  logits: tf.Tensor,
  labels: tf.Tensor1D,
  weights?: tf.Tensor1D,
): tf.Scalar {
  return tf.tidy(() => {
    const x = flat(logits);
    const classes = x.shape[2];
    const truth =
      classes === 1
        ? labels.toFloat().reshape([-1, 1, 1])
        : tf.oneHot(labels, classes).toFloat().expandDims(1);
    const each =
      kind === 'sigmoid'
        ? // log(1 + e^x) − x·z, in a form that overflows for no x.
          x.relu().sub(x.mul(truth)).add(x.abs().neg().exp().log1p()).mean([1, 2])
        : tf.logSoftmax(x).mul(truth).sum(2).mean(1).neg();
    return (weights === undefined ? each : each.mul(weights)).mean();
  });
}

/**
 * The likeliest class of each image. Of a map, the probabilities of its positions are averaged first.
 *
 * @returns `[batch]`, int32
 */
export function classesOf(kind: ScoreKind, logits: tf.Tensor): tf.Tensor1D {
  return tf.tidy(() => {
    const x = flat(logits);
    if (x.shape[2] === 1) return x.sigmoid().mean([1, 2]).greater(0.5).toInt();
    const scores = kind === 'sigmoid' ? x.sigmoid() : tf.softmax(x);
    return scores.mean(1).argMax(1);
  }) as tf.Tensor1D;
}
