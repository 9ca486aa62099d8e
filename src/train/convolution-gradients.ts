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

// What kernels are called with, as far as it is used here: tensors, where ops call them.
interface FilterCall {
  readonly inputs: { readonly x: tf.Tensor4D; readonly dy: tf.Tensor4D };
  readonly attrs: Convolution & { readonly filterShape: Shape };
}
interface InputCall {
  readonly inputs: { readonly dy: tf.Tensor4D; readonly filter: tf.Tensor4D };
  readonly attrs: Convolution & { readonly inputShape: Shape };
}

/** Something of rows, and of columns. */
const both = <T>(of: (axis: 0 | 1) => T): [T, T] => [of(0), of(1)];

function geometry(x: Shape, filter: Shape, attrs: Convolution, depthwise: boolean) {
  const { strides, pad, dimRoundingMode, dataFormat = 'NHWC' } = attrs;
  if (dataFormat !== 'NHWC') reject('dataFormat', '"NHWC"', dataFormat);
  const { computeConv2DInfo } = tf.backend_util;
  // TensorFlow.js refuses gradients of dilated convolutions before it calls a kernel.
  const info = computeConv2DInfo(x, filter, strides, 1, pad, dimRoundingMode, depthwise);
  return {
    strides: [info.strideHeight, info.strideWidth] as Pair,
    before: [info.padInfo.top, info.padInfo.left] as Pair,
  };
}

/** Rows and columns from `start` on, which may be negative; zeros where `x` has none. */
function cut(x: tf.Tensor4D, start: Pair, size: Pair): tf.Tensor4D {
  const [rows, columns] = both((axis): Pair => {
    const there = x.shape[axis === 0 ? 1 : 2];
    return [Math.max(0, -start[axis]), Math.max(0, start[axis] + size[axis] - there)];
  });
  return x
    .pad<tf.Tensor4D>([[0, 0], rows, columns, [0, 0]])
    .slice([0, ...both((axis) => Math.max(0, start[axis]))], [-1, ...size]);
}

/** The part of `x`, with the zeros around it, that the filter went over. */
function metBy(call: FilterCall, depthwise: boolean) {
  const { inputs, attrs } = call;
  const [height, width] = attrs.filterShape;
  const { strides, before } = geometry(inputs.x.shape, attrs.filterShape, attrs, depthwise);
  const [, rows, columns] = inputs.dy.shape;
  const size: Pair = [(rows - 1) * strides[0] + height, (columns - 1) * strides[1] + width];
  return { strides, size, met: cut(inputs.x, [-before[0], -before[1]], size) };
}

/**
 * Each number of a filter met, stride by stride, the numbers of x that dy has come back for; its gradient is
 * the sum of their products over positions and images. That is a convolution of x by dy, with images in the
 * place of channels and strides in that of dilations.
 */
function filterGradient(call: FilterCall): tf.Tensor {
  const { dy } = call.inputs;
  const [height, width, channels, out] = call.attrs.filterShape;
  const { strides, met } = metBy(call, false);
  // A product takes from half to a third of the time of a convolution to a single position.
  return height * width * strides[0] * strides[1] === 1
    ? met
        .reshape([-1, channels])
        .matMul(dy.reshape([-1, out]), true)
        .reshape([1, 1, channels, out])
    : met
        .transpose<tf.Tensor4D>([3, 1, 2, 0])
        .conv2d(dy.transpose([1, 2, 0, 3]), 1, 'valid', 'NHWC', strides)
        .transpose([1, 2, 0, 3]);
}

/** As {@link filterGradient}, each channel of each image on its own; the images are added up afterwards. */
function depthwiseFilterGradient(call: FilterCall): tf.Tensor {
  const { dy } = call.inputs;
  const [height, width, channels, multiplier] = call.attrs.filterShape;
  const { strides, size, met } = metBy(call, true);
  const [batch, rows, columns] = dy.shape;
  const all = batch * channels;
  const filter = dy.transpose([1, 2, 0, 3]).reshape<tf.Tensor4D>([rows, columns, all, multiplier]);
  return met
    .transpose([1, 2, 0, 3])
    .reshape<tf.Tensor4D>([1, ...size, all])
    .depthwiseConv2d(filter, 1, 'valid', 'NHWC', strides)
    .reshape([height, width, batch, channels * multiplier])
    .sum(2)
    .reshape([height, width, channels, multiplier]);
}

/** What came back, a stride apart, under the filter turned round. */
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

/** By the names of the kernels that they are. */
export const gradients = {
  Conv2DBackpropFilter: filterGradient,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
  DepthwiseConv2dNativeBackpropInput: depthwiseInputGradient,
};

/** The kernels that they are made of. */
export const PARTS = [
  ...['BatchMatMul', 'Conv2D', 'DepthwiseConv2dNative', 'PadV2', 'Reshape'],
  ...['Reverse', 'Slice', 'Sum', 'Transpose'],
];
