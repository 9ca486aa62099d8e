import * as tf from '@tensorflow/tfjs';

interface ProductCall {
  readonly inputs: { readonly a: tf.Tensor; readonly b: tf.Tensor };
  readonly attrs: { readonly transposeA: boolean; readonly transposeB: boolean };
}

/** Whether a kernel is ours already. */
export const isOurs = (kernel: tf.KernelConfig): boolean => MARK in kernel;

/** Marks our kernel, so that an ESM and a CommonJS copy of this package recognise each other's. */
const MARK = 'transposesFirst';

function flip(x: tf.Tensor): tf.Tensor {
  const rank = x.shape.length;
  return x.transpose([...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

/** Whether a tensor is one matrix, of at most so many rows. */
const isMatrix = ({ shape, size }: tf.Tensor, rows = Infinity): boolean => {
  const [height = 0, width = 0] = shape.slice(-2);
  return height <= rows && size === height * width;
};

/**
 * Multiplies by a transposed matrix. A single row is multiplied as a column, which needs no transposed copy of the matrix: for the
 * gradient of a flattened head's features, of 100 million weights, that takes 0.2 s in place of 3 s, and 0.8 GB less.
 */
function timesTransposed(a: tf.Tensor, matrix: tf.Tensor): tf.Tensor {
  if (!isMatrix(a, 1) || !isMatrix(matrix)) return tf.matMul(a, flip(matrix));
  return flip(tf.matMul(matrix, flip(a)));
}

/**
 * The wasm backend of TensorFlow.js 4.22 multiplies matrices with XNNPACK if neither is transposed, and otherwise in a plain
 * loop, as in the gradients of dense layers: 1,125 ms for [32, 8192]ᵀ · [32, 1024], against 41 ms with the transposition done
 * first.
 */
export function transposeFirst(plain: tf.KernelConfig): tf.KernelConfig {
  const kernelFunc = (call: ProductCall) => {
    const { a, b } = call.inputs;
    const { transposeA, transposeB } = call.attrs;
    return transposeA || transposeB
      ? tf.tidy(() => {
          const left = transposeA ? flip(a) : a;
          return transposeB ? timesTransposed(left, b) : tf.matMul(left, b);
        })
      : (plain.kernelFunc as unknown as (call: ProductCall) => tf.TensorInfo)(call);
  };
  return { ...plain, kernelFunc: kernelFunc as unknown as tf.KernelFunc, ...{ [MARK]: true } };
}
