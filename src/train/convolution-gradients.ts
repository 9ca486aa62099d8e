import * as tf from '@tensorflow/tfjs';
import { reject } from '../errors.js';

type Pair = [number, number];
type Shape = [number, number, number, number];
type Geometry = Parameters<typeof tf.backend_util.computeConv2DInfo>;

interface Convolution {
  readonly strides: Geometry[2];
  readonly pad: Geometry[4];
  readonly dimRoundingMode?: Geometry[5];
  readonly dataFormat?: string;
}

// The arguments of kernels, as far as they are used here.
interface FilterCall {
  readonly inputs: { readonly x: tf.Tensor4D; readonly dy: tf.Tensor4D };
  readonly attrs: Convolution & { readonly filterShape: Shape };
}
interface InputCall {
  readonly inputs: { readonly dy: tf.Tensor4D; readonly filter: tf.Tensor4D };
  readonly attrs: Convolution & { readonly inputShape: Shape };
}

/** A value for rows and one for columns. */
const both = <T>(of: (axis: 0 | 1) => T): [T, T] => [of(0), of(1)];

function geometry(x: Shape, filter: Shape, attrs: Convolution, depthwise: boolean) {
  const { strides, pad, dimRoundingMode, dataFormat = 'NHWC' } = attrs;
  if (dataFormat !== 'NHWC') reject('dataFormat', '"NHWC"', dataFormat);
  const { computeConv2DInfo } = tf.backend_util;
  // TensorFlow.js rejects gradients of dilated convolutions before it calls a kernel.
  const info = computeConv2DInfo(x, filter, strides, 1, pad, dimRoundingMode, depthwise);
  return {
    strides: [info.strideHeight, info.strideWidth] as Pair,
    before: [info.padInfo.top, info.padInfo.left] as Pair,
  };
}

/** Crops `size` rows and columns from `start`, which may be negative; outside `x`, zeros are used. */
function cut(x: tf.Tensor4D, start: Pair, size: Pair): tf.Tensor4D {
  const [rows, columns] = both((axis): Pair => {
    const there = x.shape[axis === 0 ? 1 : 2];
    return [Math.max(0, -start[axis]), Math.max(0, start[axis] + size[axis] - there)];
  });
  return x
    .pad<tf.Tensor4D>([[0, 0], rows, columns, [0, 0]])
    .slice([0, ...both((axis) => Math.max(0, start[axis]))], [-1, ...size]);
}

/** The part of `x`, with its zero padding, that the filter covered. */
function covered(call: FilterCall, depthwise: boolean) {
  const { inputs, attrs } = call;
  const [height, width] = attrs.filterShape;
  const { strides, before } = geometry(inputs.x.shape, attrs.filterShape, attrs, depthwise);
  const [, rows, columns] = inputs.dy.shape;
  const size: Pair = [(rows - 1) * strides[0] + height, (columns - 1) * strides[1] + width];
  return { strides, size, input: cut(inputs.x, [-before[0], -before[1]], size) };
}

/**
 * The gradient of a filter weight is the sum, over positions and images, of the products of dy and the values of x that the
 * weight was multiplied by. That is a convolution of x by dy, with images in the role of channels and strides in that of
 * dilations.
 */
function filterGradient(call: FilterCall): tf.Tensor {
  const { dy } = call.inputs;
  const [height, width, channels, out] = call.attrs.filterShape;
  const { strides, input } = covered(call, false);
  // For a 1 × 1 filter, a matrix product takes a third to half the time of a convolution.
  return height * width * strides[0] * strides[1] === 1
    ? input
        .reshape([-1, channels])
        .matMul(dy.reshape([-1, out]), true)
        .reshape([1, 1, channels, out])
    : input
        .transpose<tf.Tensor4D>([3, 1, 2, 0])
        .conv2d(dy.transpose([1, 2, 0, 3]), 1, 'valid', 'NHWC', strides)
        .transpose([1, 2, 0, 3]);
}

/** As {@link filterGradient}, separately for each channel of each image; the images are summed afterwards. */
function depthwiseFilterGradient(call: FilterCall): tf.Tensor {
  const { dy } = call.inputs;
  const [height, width, channels, multiplier] = call.attrs.filterShape;
  const { strides, size, input } = covered(call, true);
  const [batch, rows, columns] = dy.shape;
  const all = batch * channels;
  const filter = dy.transpose([1, 2, 0, 3]).reshape<tf.Tensor4D>([rows, columns, all, multiplier]);
  return input
    .transpose([1, 2, 0, 3])
    .reshape<tf.Tensor4D>([1, ...size, all])
    .depthwiseConv2d(filter, 1, 'valid', 'NHWC', strides)
    .reshape([height, width, batch, channels * multiplier])
    .sum(2)
    .reshape([height, width, channels, multiplier]);
}

/** Convolves dy, spaced out by the strides, with the filter rotated by 180°. */
function depthwiseInputGradient({ inputs: { dy, filter }, attrs }: InputCall): tf.Tensor {
  const { inputShape } = attrs;
  const { strides, before } = geometry(inputShape, filter.shape, attrs, true);
  const [batch, rows, columns, channels] = dy.shape;
  const [height, width, , multiplier] = filter.shape;
  const [down, right] = strides;
  const gaps = [
    [0, 0],
    [0, 0],
    [0, down - 1],
    [0, 0],
    [0, right - 1],
    [0, 0],
  ] as Pair[];
  const apart = dy
    .reshape([batch, rows, 1, columns, 1, channels])
    .pad(gaps)
    .reshape<tf.Tensor4D>([batch, rows * down, columns * right, channels]);
  return cut(
    apart,
    both((axis) => before[axis] - filter.shape[axis] + 1),
    [inputShape[1] + height - 1, inputShape[2] + width - 1],
  )
    .depthwiseConv2d(filter.reverse([0, 1]).reshape([height, width, channels, 1]), 1, 'valid')
    .reshape([...inputShape, multiplier])
    .sum(4);
}

/** Gradients by the name of their kernel. */
export const gradients = {
  Conv2DBackpropFilter: filterGradient,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
  DepthwiseConv2dNativeBackpropInput: depthwiseInputGradient,
};

/** The kernels that they use. */
export const PARTS = [
  ...['BatchMatMul', 'Conv2D', 'DepthwiseConv2dNative', 'PadV2', 'Reshape'],
  ...['Reverse', 'Slice', 'Sum', 'Transpose'],
];
