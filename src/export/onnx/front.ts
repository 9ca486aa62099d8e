import type { Preprocessing } from '../../base/preprocess.js';
import { reject } from '../../errors.js';
import { elementCode } from '../../onnx/element-types.js';
import type { OnnxFeatures } from '../../onnx/features.js';
import type { OnnxGraph } from './graph.js';
import { channelsFirst } from './layout.js';
import { PIXELS, type Pixels, type PixelType, scaledPixels } from './pixels.js';

/** Pixels that a file takes in place of its own input: `[batch, height, width, 3]`, red, green and blue from 0 to 255. */
export interface PixelInput {
  /** How the file's own input expects pixels to be scaled. */
  readonly preprocessing: Preprocessing;
  readonly type: PixelType;
}

const CHANNELS = 3;

/**
 * Adds nodes that make a file's input of pixels: they scale them, transpose them to the input's layout and convert them to its type. The
 * last node's output has the input's name, so that the file's own nodes stay as they are. A type of uint8 is rounded to.
 *
 * @param graph an empty graph, which knows the file's names
 * @returns the new input, `pixels`, or another name if the file uses that one
 * @throws ArgumentError if pixels are to be scaled for an input of uint8
 */
export function addFront(
  graph: OnnxGraph,
  { input, inputSize }: OnnxFeatures,
  { preprocessing, type }: PixelInput,
): Pixels {
  const isScaled = preprocessing !== 'none';
  if (isScaled && input.type === 'uint8') {
    reject('preprocessing', "'none' for a file whose input is uint8", preprocessing);
  }
  const pixels: Pixels = {
    ...{ name: graph.unused(PIXELS), type },
    shape: [...inputSize, CHANNELS],
  };
  const images = isScaled
    ? scaledPixels(graph, pixels, preprocessing)
    : { ...pixels, nonNegative: true };
  let { name } = input.layout === 'nchw' ? channelsFirst(graph, images) : images;
  const add = (op: string, attributes = {}) => {
    name = graph.add(PIXELS, op, [name], attributes);
  };
  if ((isScaled ? 'float32' : type) !== input.type) {
    // Cast cuts decimals off.
    if (input.type === 'uint8') add('Round');
    add('Cast', { to: elementCode(input.type) });
  }
  // The input's name is a node's output, so there must be one.
  if (name === pixels.name) add('Identity');
  graph.rename(name, input.name);
  return pixels;
}
