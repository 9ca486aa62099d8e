import * as tf from '@tensorflow/tfjs';
import { readAndDispose } from '../../model/dispose.js';
import { randomBy } from '../../random.js';
import type { Space } from './familiarity.js';

/** Descriptors `[pictures, channels]` with the class of each picture. */
export interface Described {
  readonly values: tf.Tensor2D;
  readonly labels: Int32Array;
}

/** More directions than these change the area under the curve by less than 0.5 points. */
const DIRECTIONS = 32;
/** Steps of subspace iteration; three more change no area under the curve by more than 0.3 points. */
const STEPS = 3;
/** A column that is this much shorter once the others are taken out of it is rounding. */
const DEPENDENT = 1e-5;
/** The shortest descriptor that is scaled to length 1. */
const SHORTEST = 1e-12;

/**
 * The descriptors of features: averaged over positions and scaled to length 1.
 *
 * @param values `[n, h, w, c]`, flattened or pooled
 */
export const describe = (values: tf.Tensor, channels: number): tf.Tensor2D =>
  tf.tidy(() => {
    const mean = values.reshape([values.shape[0], -1, channels]).mean<tf.Tensor2D>(1);
    return mean.div(mean.norm(2, 1, true).maximum(SHORTEST));
  });

const lengthOf = (values: Float64Array): number =>
  Math.sqrt(values.reduce((sum, each) => sum + each * each, 0));

/** Makes columns orthogonal and of length 1 (Gram–Schmidt, in float64); a dependent one becomes 0. */
function orthonormal(values: ArrayLike<number>, columns: number): Float32Array {
  const rows = values.length / columns;
  const done: Float64Array[] = [];
  for (let column = 0; column < columns; column++) {
    const own = Float64Array.from({ length: rows }, (_, row) => values[row * columns + column]!);
    const before = lengthOf(own);
    for (const other of done) {
      const along = own.reduce((sum, each, row) => sum + each * other[row]!, 0);
      for (let row = 0; row < rows; row++) own[row]! -= along * other[row]!;
    }
    const length = lengthOf(own);
    const factor = length > DEPENDENT * before ? 1 / length : 0;
    done.push(own.map((each) => each * factor));
  }
  return Float32Array.from(values, (_, i) => done[i % columns]![Math.floor(i / columns)]!);
}

/** The mean of each class that has pictures, and each picture's difference from its own. */
function centred({ values, labels }: Described): readonly [tf.Tensor2D, tf.Tensor2D] {
  const known = [...new Set(labels)].sort((a, b) => a - b);
  const index = new Map(known.map((label, i) => [label, i]));
  const rows = tf.tensor1d(
    Int32Array.from(labels, (label) => index.get(label)!),
    'int32',
  );
  // tf.oneHot doesn't take a single class.
  const columns = tf.range(0, known.length, 1, 'int32');
  const members = rows.expandDims<tf.Tensor2D>(1).equal(columns).toFloat();
  const means = tf.matMul(members, values, true).div<tf.Tensor2D>(members.sum(0).expandDims(1));
  return [means, values.sub(tf.gather(means, rows))];
}

/**
 * Fits the space to training pictures: the classes' means, and the main directions of the covariance that they share, by subspace
 * iteration. What varies less counts as the average variance does.
 */
export async function spaceOf(training: Described): Promise<Space> {
  const channels = training.values.shape[1];
  const columns = Math.min(DIRECTIONS, channels);
  const random = randomBy(0);
  let directions = orthonormal(
    Float32Array.from({ length: channels * columns }, () => random() - 0.5),
    columns,
  );
  const [means, differences] = tf.tidy(() => [...centred(training)] as [tf.Tensor2D, tf.Tensor2D]);
  const along = () => tf.matMul(differences, tf.tensor2d(directions, [channels, columns]));
  try {
    for (let step = 0; step < STEPS; step++) {
      const next = await readAndDispose(tf.tidy(() => tf.matMul(differences, along(), true)));
      directions = orthonormal(next, columns);
    }
    // Each direction's variance over the average variance, with none in a set of equal pictures.
    const ratios = await readAndDispose(
      tf.tidy(() => along().square().mean(0).divNoNan(differences.square().mean())),
    );
    const scales = Float32Array.from(ratios, (ratio) => 1 / (1 + ratio) - 1);
    return { means: Float32Array.from(await means.data()), directions, scales };
  } finally {
    tf.dispose([means, differences]);
  }
}

/** Squared lengths in a space of rows, given their parts along its directions. */
const squares = (rows: tf.Tensor2D, along: tf.Tensor2D, scales: tf.Tensor1D): tf.Tensor =>
  rows.square().sum(1).add(along.square().mul(scales).sum(1));

/** Squared distances `[n]` of descriptors to the nearest class. */
export const distancesTo = (space: Space, values: tf.Tensor2D): tf.Tensor1D =>
  tf.tidy(() => {
    const channels = values.shape[1];
    const scales = tf.tensor1d(space.scales);
    const means = tf.tensor2d(space.means, [space.means.length / channels, channels]);
    const directions = tf.tensor2d(space.directions, [channels, scales.size]);
    const own = tf.matMul<tf.Tensor2D>(values, directions);
    const theirs = tf.matMul<tf.Tensor2D>(means, directions);
    const products = tf
      .matMul(values, means, false, true)
      .add(tf.matMul(own.mul<tf.Tensor2D>(scales), theirs, false, true));
    return squares(values, own, scales)
      .expandDims(1)
      .add(squares(means, theirs, scales))
      .sub(products.mul(2))
      .min<tf.Tensor1D>(1);
  });
