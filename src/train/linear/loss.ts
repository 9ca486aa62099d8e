import * as tf from '@tensorflow/tfjs';
import { present } from '../../errors.js';
import { readAndDispose } from '../../model/dispose.js';
import { probabilitiesOfLogits, type ScoreKind } from '../../model/scores.js';
import { lossAndSlope, rightOf } from '../logits.js';
import type { Evaluated } from './lbfgs.js';
import type { Rows } from './rows.js';
import type { Scale } from './scale.js';

/** A linear layer: scores are `features · kernelᵀ + bias`. */
export interface Linear {
  /** `[outputs, features]` */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/** The loss of a layer on rows, and how it changes with the weights of standardised features. */
export interface RowLosses extends Evaluated {
  /** Of each row, those of weight 0 included. */
  readonly losses: Float32Array;
}

/** A layer whose loss is evaluated, and how much each row counts in it. */
export interface Question {
  /** Weights `[outputs, features]` of standardised features, then the biases over {@link biasOf}. */
  readonly parameters: Float64Array;
  /** Sum to 1. */
  readonly rowWeights: Float32Array;
  /** Strength of the penalty: half the sum of the squared weights times this is added to the loss. */
  readonly l2: number;
}

/**
 * Value of the constant feature whose weights are the biases. Features are correlated, so the loss curves more along their main
 * direction than along one feature: by a factor from 1 to their number, of which the geometric mean is taken. With a constant of 1
 * the biases are the last to converge: the fits of 2,000 and 20,000 rows of 2,048 features with 100 classes then took 2 to 3 times
 * as many evaluations. With more than the factor, WebGPU's rounding keeps the biases from converging at all.
 */
const biasOf = (width: number): number => width ** 0.25;

/** Weights and biases of standardised features. */
function layerOf(parameters: Float64Array, width: number): Linear {
  const size = (parameters.length / (width + 1)) * width;
  const all = new Float32Array(parameters);
  const constant = biasOf(width);
  const bias = all.subarray(size).map((value) => value * constant);
  return { kernel: all.subarray(0, size), bias };
}

/** Converts weights of standardised features to those of the features as they are. */
export function unscaled(parameters: Float64Array, { mean, inverse }: Scale): Linear {
  const width = mean.length;
  const outputs = parameters.length / (width + 1);
  const kernel = new Float32Array(outputs * width);
  const bias = new Float32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    let offset = biasOf(width) * parameters[outputs * width + output]!;
    for (let i = 0, at = output * width; i < width; i++, at++) {
      const weight = parameters[at]! * inverse[i]!;
      kernel[at] = weight;
      offset -= weight * mean[i]!;
    }
    bias[output] = offset;
  }
  return { kernel, bias };
}

/** Layers side by side, on the backend. */
interface Loaded {
  /** `[layers · outputs, features]` */
  readonly kernel: tf.Tensor2D;
  readonly bias: tf.Tensor1D;
}

const loaded = (layers: readonly Linear[], width: number): Loaded =>
  tf.tidy(() => ({
    kernel: tf.concat(
      layers.map(({ kernel }) => tf.tensor2d(kernel, [kernel.length / width, width])),
    ),
    bias: tf.concat(layers.map(({ bias }) => tf.tensor1d(bias))),
  }));

/** `[rows, layers · outputs]` */
const logitsOf = (values: tf.Tensor2D, { kernel, bias }: Loaded): tf.Tensor2D =>
  tf.matMul(values, kernel, false, true).add(bias);

/** Every `stride`-th value. */
const column = (values: ArrayLike<number>, from: number, stride: number): Float32Array =>
  Float32Array.from({ length: values.length / stride }, (_, i) => values[i * stride + from]!);

/**
 * Evaluates the penalised losses of several layers on the same rows. Losses and gradients are computed in float32 and summed in
 * float64.
 */
export async function evaluateAll(
  kind: ScoreKind,
  { blocks, width, labels }: Rows,
  questions: readonly Question[],
): Promise<RowLosses[]> {
  const count = questions.length;
  const layers = questions.map(({ parameters }) => layerOf(parameters, width));
  const outputs = present(layers[0], 'layer').bias.length;
  const size = outputs * width;
  const losses = questions.map(() => new Float32Array(labels.length));
  const slopes = new Float64Array(count * size);
  const residuals = new Float64Array(count * outputs);
  const side = loaded(layers, width);
  try {
    for await (const { values, targets, from } of blocks()) {
      const rows = values.shape[0];
      const weights = new Float32Array(rows * count);
      questions.forEach(({ rowWeights }, i) => {
        for (let row = 0; row < rows; row++) weights[row * count + i] = rowWeights[from + row]!;
      });
      const [each, slope, sum] = tf.tidy((): [tf.Tensor, tf.Tensor, tf.Tensor] => {
        const logits = logitsOf(values, side).reshape<tf.Tensor3D>([rows, count, outputs]);
        const [losses, derivatives] = lossAndSlope(kind, logits, targets.expandDims(1));
        const residual = derivatives
          .mul(tf.tensor3d(weights, [rows, count, 1]))
          .reshape<tf.Tensor2D>([rows, count * outputs]);
        return [losses, tf.matMul(residual, values, true), residual.sum(0)];
      });
      const read = await Promise.all([each, slope, sum].map(readAndDispose));
      const [lossesRead, slopesRead, sumsRead] = read as [Float32Array, Float32Array, Float32Array];
      losses.forEach((own, i) => {
        own.set(column(lossesRead, i, count), from);
      });
      for (let i = 0; i < slopes.length; i++) slopes[i]! += slopesRead[i]!;
      for (let i = 0; i < residuals.length; i++) residuals[i]! += sumsRead[i]!;
    }
  } finally {
    tf.dispose([side.kernel, side.bias]);
  }
  return questions.map(({ parameters, rowWeights, l2 }, index) => {
    let value = 0;
    const own = present(losses[index], 'losses');
    for (let row = 0; row < own.length; row++) value += rowWeights[row]! * own[row]!;
    const gradient = new Float64Array(parameters.length);
    for (let i = 0; i < outputs; i++) {
      gradient[size + i] = biasOf(width) * residuals[index * outputs + i]!;
    }
    for (let i = 0; i < size; i++) {
      const weight = parameters[i]!;
      gradient[i] = slopes[index * size + i]! + l2 * weight;
      value += 0.5 * l2 * weight * weight;
    }
    return { value, gradient, losses: own };
  });
}

/** The loss of each row under a layer, and whether its likeliest class is right or, with label sets, all its labels. */
export interface Verdicts {
  readonly losses: Float32Array;
  readonly right: Uint8Array;
}

/** Applies a layer, given as in {@link Question}, to rows. */
export async function judge(
  kind: ScoreKind,
  { blocks, labels, labelSets, width }: Rows,
  parameters: Float64Array,
): Promise<Verdicts> {
  const losses = new Float32Array(labels.length);
  const right = new Uint8Array(labels.length);
  const layer = layerOf(parameters, width);
  const outputs = layer.bias.length;
  const side = loaded([layer], width);
  try {
    for await (const { values, targets, from } of blocks()) {
      const [each, verdicts] = tf.tidy((): [tf.Tensor, tf.Tensor] => {
        const logits = logitsOf(values, side);
        const shape = [values.shape[0], 1, outputs] as const;
        const [losses] = lossAndSlope(kind, logits.reshape([...shape]), targets.expandDims(1));
        const own = { labels: labels.subarray(from, from + values.shape[0]), labelSets };
        return [losses.reshape([-1]), rightOf(kind, logits, own, targets)];
      });
      const [lossesRead, rightRead] = await Promise.all([each, verdicts].map(readAndDispose));
      losses.set(lossesRead as Float32Array, from);
      right.set(present(rightRead, 'verdicts'), from);
    }
  } finally {
    tf.dispose([side.kernel, side.bias]);
  }
  return { losses, right };
}

/**
 * The probabilities that a layer, given as in {@link Question}, gives each row.
 *
 * @returns `[rows, outputs]`
 */
export async function probabilitiesOf(
  kind: ScoreKind,
  { blocks, labels, width }: Rows,
  parameters: Float64Array,
): Promise<Float32Array> {
  const layer = layerOf(parameters, width);
  const outputs = layer.bias.length;
  const all = new Float32Array(labels.length * outputs);
  const side = loaded([layer], width);
  try {
    for await (const { values, from } of blocks()) {
      const own = tf.tidy(() => probabilitiesOfLogits(logitsOf(values, side), kind));
      all.set(await readAndDispose(own), from * outputs);
    }
  } finally {
    tf.dispose([side.kernel, side.bias]);
  }
  return all;
}
