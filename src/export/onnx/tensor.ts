import type { Shape } from '../../layers/factory.js';
import type { NamedArray } from '../../weights/formats/named-array.js';
import type { Deferred } from '../protobuf.js';
import type { OnnxTensor } from './schema.js';

const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** How far apart neighbours along each axis lie. */
const stridesOf = (shape: Shape): number[] => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

/**
 * The numbers of an array in the order that its axes have when axis `i` is its own axis `axes[i]`: of three
 * axes at most, as height and width of a kernel never part.
 */
function transposed(data: Float32Array, shape: Shape, axes: readonly number[]): Deferred {
  const strides = stridesOf(shape);
  const loops = axes
    .map((axis) => ({ size: shape[axis] ?? 1, stride: strides[axis] ?? 0 }))
    // The innermost loop does the work: one that goes round once would cost what it does each time.
    .filter(({ size }) => size > 1);
  const once = { size: 1, stride: 0 };
  const [outer, middle, inner] = [once, once, once, ...loops].slice(-3) as [Loop, Loop, Loop];
  return {
    byteLength: data.byteLength,
    write(target, offset) {
      // Plain loops: a ResNet with a flattened head has 126 million numbers.
      for (let i = 0; i < outer.size; i++) {
        for (let j = 0; j < middle.size; j++) {
          let at = i * outer.stride + j * middle.stride;
          for (let k = 0; k < inner.size; k++, at += inner.stride, offset += BYTES_PER_FLOAT) {
            target.setFloat32(offset, data[at] ?? NaN, true);
          }
        }
      }
    },
  };
}

interface Loop {
  readonly size: number;
  readonly stride: number;
}

const BYTES_PER_FLOAT = 4;
const BYTES_PER_INTEGER = 8;

/** How a weight lies in ONNX. */
export interface Arrangement {
  /** Its axes in their new order. @default as they are */
  readonly axes?: readonly number[];
  /** What it is taken for before that. @default its own */
  readonly from?: Shape;
  /** What it is called afterwards: as many numbers, in the same order. @default as the axes have it */
  readonly to?: Shape;
}

export function weightTensor(array: NamedArray, arrangement: Arrangement = {}): OnnxTensor {
  const from = arrangement.from ?? array.shape;
  const axes = arrangement.axes ?? from.map((_, axis) => axis);
  const to = arrangement.to ?? axes.map((axis) => from[axis] ?? 1);
  return {
    name: array.name,
    type: 'float32',
    shape: to,
    data: transposed(array.data, from, axes),
  };
}

export const floatScalar = (name: string, value: number): OnnxTensor => ({
  name,
  type: 'float32',
  shape: [],
  data: transposed(Float32Array.of(value), [], []),
});

export const integers = (name: string, values: readonly number[]): OnnxTensor => ({
  name,
  type: 'int64',
  shape: [values.length],
  data: {
    byteLength: BYTES_PER_INTEGER * values.length,
    write(target, offset) {
      for (const [i, value] of values.entries()) {
        target.setBigInt64(offset + BYTES_PER_INTEGER * i, BigInt(value), true);
      }
    },
  },
});
