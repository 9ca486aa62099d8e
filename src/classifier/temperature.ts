import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import { readAndDispose } from '../model/dispose.js';
import { inputsOf } from '../model/graph.js';
import type { ScoreKind } from '../model/scores.js';

/**
 * Standard deviation of log T before any picture was seen. With it, T helped or did no harm on 8 validation pictures as on 291;
 * without it, 8 pictures that are all classified correctly drove T to 0.
 */
const PRIOR = 0.5;
/** Log T is searched from −LIMIT to LIMIT; the prior makes e^3 as unlikely as six deviations are. */
const LIMIT = 3;
/** Steps of the golden-section search: they narrow 6 down to 6e-5. */
const STEPS = 24;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** The minimum of a function with a single one. */
async function leastOf(of: (at: number) => Promise<number>): Promise<number> {
  let [low, high] = [-LIMIT, LIMIT];
  let [a, b] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [atA, atB] = [await of(a), await of(b)];
  for (let step = 0; step < STEPS; step++) {
    if (atA <= atB) {
      [high, b, atB] = [b, a, atA];
      a = high - GOLDEN * (high - low);
      atA = await of(a);
    } else {
      [low, a, atA] = [a, b, atB];
      b = low + GOLDEN * (high - low);
      atB = await of(b);
    }
  }
  return (low + high) / 2;
}

/** The mean over positions of probabilities that are given by their logarithms, as a logarithm. */
const meanOver = (logs: tf.Tensor3D): tf.Tensor2D =>
  tf.logSumExp(logs, 1).sub<tf.Tensor2D>(Math.log(logs.shape[1]));

/**
 * The summed negative log-likelihood of the labels under an image's probabilities, which a map's positions share.
 *
 * @param logits `[n, classes]` or `[n, h, w, classes]`
 */
export function likelihoodLoss(kind: ScoreKind, logits: tf.Tensor, labels: tf.Tensor1D): tf.Scalar {
  return tf.tidy(() => {
    const outputs = present(logits.shape.at(-1), 'axis of classes');
    const x = logits.reshape<tf.Tensor3D>([logits.shape[0], -1, outputs]);
    if (kind !== 'sigmoid' && outputs > 1) {
      const truth = tf.oneHot(labels, outputs).toFloat();
      return meanOver(tf.logSoftmax(x)).mul(truth).sum<tf.Scalar>().neg();
    }
    const truth = outputs === 1 ? labels.toFloat().expandDims(1) : tf.oneHot(labels, outputs);
    const [yes, no] = [meanOver(tf.logSigmoid(x)), meanOver(tf.logSigmoid(x.neg()))];
    return tf.where(truth.toBool(), yes, no).sum<tf.Scalar>().neg();
  });
}

/**
 * The temperature that logits of validation pictures are to be divided by: the most likely one (Guo et al. 2017, arXiv
 * 1706.04599), with a prior that keeps it near 1 where pictures are few.
 */
export async function fitTemperature(
  kind: ScoreKind,
  logits: tf.Tensor,
  labels: Int32Array,
): Promise<number> {
  const log = await leastOf(async (at) => {
    const loss = tf.tidy(() =>
      likelihoodLoss(kind, logits.div(Math.exp(at)), tf.tensor1d(labels, 'int32')),
    );
    const [sum] = await readAndDispose(loss);
    return present(sum, 'loss') + at ** 2 / (2 * PRIOR ** 2);
  });
  return Math.exp(log);
}

/** Layers whose output is as many times larger as their weights are, but for an activation. */
const SCALES = new Set(['Dense', 'Conv2D']);
/** Layers between those and a model's scores. */
const FOLLOWS = new Set(['Activation', 'Softmax', 'Reshape', 'Flatten', 'Dropout']);

/** The layer that computes a model's logits; undefined if its weights can't scale them. */
function logitsLayerOf({ outputs: [output] }: tf.LayersModel): tf.layers.Layer | undefined {
  let tensor = output;
  while (tensor !== undefined && FOLLOWS.has(tensor.sourceLayer.getClassName())) {
    [tensor] = inputsOf(tensor);
  }
  const layer = tensor?.sourceLayer;
  if (layer === undefined || !SCALES.has(layer.getClassName())) return undefined;
  const isLast = tensor?.id === output?.id;
  const { activation } = layer.getConfig();
  return isLast || activation === 'linear' ? layer : undefined;
}

/** Divides a model's logits by a temperature, through the weights that compute them; tells whether it could. */
export function divideLogits(model: tf.LayersModel, temperature: number): boolean {
  const layer = logitsLayerOf(model);
  if (layer === undefined) return false;
  const scaled = tf.tidy(() => layer.getWeights().map((each) => each.div(temperature)));
  layer.setWeights(scaled);
  tf.dispose(scaled);
  return true;
}
