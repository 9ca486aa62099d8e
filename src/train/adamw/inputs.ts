import * as tf from '@tensorflow/tfjs';
import { present } from '../../errors.js';
import type { Rescaled } from '../course.js';
import type { Examples } from '../examples.js';
import { requireFinite } from '../linear/search.js';
import { scaleOf, type Scale } from '../linear/scale.js';
import { Snapshot } from '../snapshot.js';
import type { FirstLayer } from './first-layer.js';

/**
 * With many features and few pictures, training hardly changes what random weights add by chance, so they begin smaller: at this
 * over the square root of the number of features. With 5 pictures of each of 12 flowers and 1,024 features, a tenth of the
 * weights gave 79 % on unseen pictures, and the whole 75 %.
 */
const INITIAL = 10;

/**
 * Half of the way from standardised features to a common scale: the variance of each counts as itself plus the mean of all. Of
 * 16,384 features, many hardly vary; fully standardised, a flattened head had 75 % on unseen cats and dogs, and so 89 %.
 *
 * @param centres whether the means are subtracted; otherwise the mean squares count as the variances
 */
function softened({ mean, inverse }: Scale, centres: boolean): Scale {
  const variances = inverse.map((each, i) => {
    const variance = each === 0 ? 0 : each ** -2;
    return centres ? variance : variance + present(mean[i], 'mean') ** 2;
  });
  const common = variances.reduce((sum, each) => sum + each / variances.length, 0);
  return {
    mean: centres ? mean : mean.map(() => 0),
    inverse: variances.map((each) => (each === 0 ? 0 : 1 / Math.sqrt(each + common))),
  };
}

/**
 * Standardised inputs of a model's first layer, and the conversion of its weights: a kernel and bias of inputs x act on
 * `(x − mean) · inverse` as `kernel / inverse` and `bias + mean · kernel` do. The inputs are converted rather than each gradient: a
 * batch is smaller than the kernel, so a step of a pooled head takes two thirds of the time.
 */
export class StandardisedInputs implements Rescaled {
  /** Values that are 0 for an input that doesn't vary. */
  private readonly inverse: tf.Tensor1D;
  /** The same, but 1 for an input that doesn't vary, which keeps its weights; `[features, 1]`. */
  private readonly scale: tf.Tensor2D;
  private readonly mean: tf.Tensor1D;

  private constructor(
    private readonly layer: FirstLayer,
    { mean, inverse }: Scale,
    private isNew: boolean,
  ) {
    this.mean = tf.tensor1d(mean);
    this.inverse = tf.tensor1d(inverse);
    this.scale = tf.tensor2d(
      inverse.map((each) => each || 1),
      [inverse.length, 1],
    );
  }

  /**
   * Computes means and deviations: of each feature of a vector, of each channel of a map.
   *
   * @param isNew whether the layer's weights are those that it was built with
   * @throws ArgumentError if a feature isn't finite
   */
  static async of(
    layer: FirstLayer,
    examples: Examples,
    isNew: boolean,
  ): Promise<StandardisedInputs> {
    const width = layer.kernel.variable.shape.at(-2) ?? 1;
    const scale = await scaleOf(examples, width);
    for (const each of [...scale.mean, ...scale.inverse]) requireFinite('features', each);
    return new StandardisedInputs(layer, softened(scale, layer.centres), isNew);
  }

  /** The examples with standardised inputs. Disposing them disposes the originals. */
  standardise(examples: Examples): Examples {
    const { mean, inverse } = this;
    return {
      ...examples,
      values: undefined,
      take: async (images) => {
        const taken = await examples.take(images);
        try {
          return tf.tidy(() => {
            const rows = taken.reshape([-1, mean.size]);
            return rows.sub(mean).mul(inverse).reshape(taken.shape);
          });
        } finally {
          taken.dispose();
        }
      },
    };
  }

  /** Converts weights to those of standardised inputs. New ones are taken as drawn for them. */
  enter(): void {
    const { kernel, bias } = this.layer;
    const { isNew } = this;
    tf.tidy(() => {
      if (isNew) {
        kernel.variable.assign(
          kernel.variable.mul(Math.min(1, INITIAL / Math.sqrt(this.mean.size))),
        );
      } else {
        bias.variable.assign(bias.variable.add(this.shift()));
        kernel.variable.assign(kernel.variable.div(this.scale));
      }
    });
    this.isNew = false;
  }

  /** Converts weights back to those of the features as they are. */
  leave(): void {
    const { kernel, bias } = this.layer;
    tf.tidy(() => {
      kernel.variable.assign(kernel.variable.mul(this.scale));
      bias.variable.assign(bias.variable.sub(this.shift()));
    });
  }

  async reveal(call: () => unknown): Promise<void> {
    const { kernel, bias } = this.layer;
    const held = [kernel, bias].map(({ variable }) => variable);
    const own = new Snapshot([kernel, bias]);
    try {
      this.leave();
      const shown = held.map(({ dataId }) => dataId);
      await call();
      // Converted back, they would differ by rounding.
      if (held.every(({ dataId }, i) => dataId === shown[i])) own.restore();
      else this.enter();
    } finally {
      own.dispose();
    }
  }

  /** How much the kernel adds to the scores for the inputs' means. */
  private shift(): tf.Tensor {
    const { variable } = this.layer.kernel;
    // A convolution has a matrix for each position.
    const matrix =
      variable.rank === 2
        ? variable
        : variable.reshape([-1, this.mean.size, variable.shape.at(-1) ?? 1]).sum(0);
    return tf.matMul(this.mean.reshape([1, -1]), matrix as tf.Tensor2D).reshape([-1]);
  }

  dispose(): void {
    tf.dispose([this.mean, this.inverse, this.scale]);
  }
}
