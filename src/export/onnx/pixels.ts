import {
  CAFFE_MEAN,
  MAX_PIXEL,
  type Preprocessing,
  TORCH_DEVIATION,
  TORCH_MEAN,
} from '../../base/preprocess.js';
import { reject } from '../../errors.js';
import type { Shape } from '../../layers/factory.js';
import { elementCode } from '../../onnx/element-types.js';
import type { OnnxGraph, Value } from './graph.js';

/** Name of the graph's input if the graph scales pixels. */
export const PIXELS = 'pixels';

const CHANNELS = 3;
const CHANNEL_AXIS = 3;

export type PixelType = 'uint8' | 'float32';

/** An input of red, green and blue from 0 to 255. */
export interface Pixels {
  readonly name: string;
  readonly type: PixelType;
  /** `[h, w, 3]`. */
  readonly shape: Shape;
}

/** Converts pixels `[batch, h, w, 3]` to float32 images like `preprocess` of src/base/preprocess.ts, step by step. */
export function scaledPixels(
  graph: OnnxGraph,
  { name, type, shape }: Pixels,
  mode: Preprocessing,
): Value {
  if (shape.length !== CHANNELS || shape.at(-1) !== CHANNELS) {
    reject('model', 'an input of images [height, width, 3] for input "pixels"', shape);
  }
  const add = (op: string, ...inputs: readonly string[]) => graph.add(PIXELS, op, inputs);
  const pixels =
    type === 'float32' ? name : graph.add(PIXELS, 'Cast', [name], { to: elementCode('float32') });
  const scaled = (): string => {
    switch (mode) {
      case 'caffe': {
        const order = graph.integers([2, 1, 0]);
        const bgr = graph.add(PIXELS, 'Gather', [pixels, order], { axis: CHANNEL_AXIS });
        return add('Sub', bgr, graph.floats(CAFFE_MEAN));
      }
      case 'torch': {
        const shares = add('Div', pixels, graph.scalar(MAX_PIXEL));
        const centred = add('Sub', shares, graph.floats(TORCH_MEAN));
        return add('Div', centred, graph.floats(TORCH_DEVIATION));
      }
      case 'tf':
        return add('Sub', add('Div', pixels, graph.scalar(MAX_PIXEL / 2)), graph.scalar(1));
      case 'none':
        return pixels;
    }
  };
  return { name: scaled(), shape, nonNegative: false };
}
