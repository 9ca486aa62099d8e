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
    write(into) {
      // Numbers lie as raw_data wants them wherever TensorFlow.js runs: little-endian. `into` begins anywhere,
      // so that only bytes can be set in it; block by block, as a flattened map's kernel is large.
      const block = new Float32Array(middle.size * inner.size);
      const bytes = new Uint8Array(block.buffer);
      for (let i = 0; i < outer.size; i++) {
        let to = 0;
        // Plain loops: a ResNet with a flattened head has 126 million numbers.
        for (let j = 0; j < middle.size; j++) {
          let from = i * outer.stride + j * middle.stride;
          for (let k = 0; k < inner.size; k++, from += inner.stride) {
            block[to++] = data[from] ?? NaN;
          }
        }
        into.set(bytes, i * bytes.length);
      }
    },
  };
}

interface Loop {
  readonly size: number;
  readonly stride: number;
}

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

export const floats = (name: string, values: readonly number[], shape: Shape): OnnxTensor => ({
  name,
  type: 'float32',
  shape,
  data: transposed(Float32Array.from(values), [values.length], [0]),
});

export const integers = (name: string, values: readonly number[]): OnnxTensor => ({
  name,
  type: 'int64',
  shape: [values.length],
  data: {
    byteLength: BYTES_PER_INTEGER * values.length,
    write(into) {
      const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
      for (const [i, value] of values.entries()) {
        view.setBigInt64(BYTES_PER_INTEGER * i, BigInt(value), true);
      }
    },
  },
});
