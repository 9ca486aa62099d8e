import { bytesOf } from '../../bytes.js';
import type { Shape } from '../../layers/factory.js';
import type { NamedArray } from '../../weights/formats/named-array.js';
import type { Deferred } from '../protobuf.js';
import type { OnnxTensor } from './schema.js';

const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

const stridesOf = (shape: Shape): number[] => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

/**
 * Transposes an array so that axis `i` is its original axis `axes[i]`. It supports up to three axes, because a kernel's height and
 * width stay together.
 */
function transposed(data: Float32Array, shape: Shape, axes: readonly number[]): Deferred {
  const strides = stridesOf(shape);
  const loops = axes
    .map((axis) => ({ size: shape[axis] ?? 1, stride: strides[axis] ?? 0 }))
    // Loops of one iteration are dropped, because the innermost loop should be long.
    .filter(({ size }) => size > 1);
  const once = { size: 1, stride: 0 };
  const [outer, middle, inner] = [once, once, once, ...loops].slice(-3) as [Loop, Loop, Loop];
  return {
    byteLength: data.byteLength,
    write(into) {
      // raw_data is little-endian, like every machine that TensorFlow.js runs on. `into` may be unaligned, so bytes are copied, in blocks,
      // because the kernel for a flattened map is large.
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

/** How a weight is rearranged for ONNX: reshaped, transposed, reshaped. */
export interface Arrangement {
  /** Order of the axes after the transposition. @default unchanged */
  readonly axes?: readonly number[];
  /** Shape before the transposition. @default the weight's */
  readonly from?: Shape;
  /** Shape of the result. @default the transposed shape */
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

/** The numbers of a float32 tensor. */
export function floatsIn({ data }: OnnxTensor): Float32Array {
  const values = new Float32Array(data.byteLength / Float32Array.BYTES_PER_ELEMENT);
  data.write(bytesOf(values));
  return values;
}
