import { reject, show } from '../errors.js';
import type { FileNode } from './node.js';
import type { FileValue, OnnxFile } from './read.js';
import { quoted } from './wire.js';

/** The order of a map's axes: channels last or channels first. */
export type MapLayout = 'nhwc' | 'nchw';

const INPUT_TYPES = ['float32', 'float16', 'uint8'] as const;

/** The input of a file that takes images. */
export interface ImageInput {
  readonly name: string;
  readonly layout: MapLayout;
  readonly type: (typeof INPUT_TYPES)[number];
  /** The batch size if it is fixed, else null. */
  readonly batch: number | null;
  /** Height and width; null if not fixed. */
  readonly size: readonly [height: number | null, width: number | null];
}

const CHANNELS = 3;

/** Operators whose second axis is the channels. */
export const CHANNELS_FIRST = [
  ...[
    'Conv',
    'ConvInteger',
    'ConvTranspose',
    'MaxPool',
    'AveragePool',
    'LpPool',
    'GlobalAveragePool',
  ],
  ...['GlobalMaxPool', 'GlobalLpPool', 'BatchNormalization', 'InstanceNormalization'],
  ...['GroupNormalization', 'LRN', 'DepthToSpace', 'SpaceToDepth'],
];

/** The order of axes that a `Transpose` of a map makes. */
export function orderOf(node: FileNode): readonly number[] | undefined {
  const order = node.attributes.get('perm');
  return Array.isArray(order) && order.length === 4 ? (order as readonly number[]) : undefined;
}

/** The layout that the first operator that cares takes an input for. */
function layoutByUse(file: OnnxFile, name: string): MapLayout | undefined {
  const followed = new Set([name]);
  for (const node of file.nodes) {
    if (!followed.has(node.inputs[0] ?? '')) continue;
    if (CHANNELS_FIRST.includes(node.op)) return 'nchw';
    if (node.op === 'Transpose') return orderOf(node)?.[1] === 3 ? 'nhwc' : undefined;
    for (const output of node.outputs) followed.add(output);
  }
  return undefined;
}

/** The layout by the axis of three channels, where only one axis can be them; otherwise by use. */
export function layoutOf(file: OnnxFile, { name, shape = [] }: FileValue): MapLayout | undefined {
  const [first, last] = [shape[1], shape[3]];
  const [isFirst, isLast] = [first === CHANNELS, last === CHANNELS];
  if (isFirst !== isLast) return isFirst ? 'nchw' : 'nhwc';
  const areFixed = typeof first === 'number' && typeof last === 'number';
  return areFixed && !isFirst ? undefined : layoutByUse(file, name);
}

const numberOrNull = (size: number | string | null | undefined): number | null =>
  typeof size === 'number' ? size : null;

/**
 * Finds the input that takes images: the only input, of four axes, three channels at the second or the last.
 *
 * @throws ArgumentError if there is no such input, or more
 */
export function imageInput(file: OnnxFile): ImageInput {
  const images = file.inputs.filter(({ shape }) => shape?.length === 4);
  const [input, ...others] = images;
  const layout = input && layoutOf(file, input);
  if (input === undefined || layout === undefined || others.length > 0 || file.inputs.length > 1) {
    const got = file.inputs.map(({ name, shape }) => `${quoted(name)} ${show(shape)}`);
    return reject(
      'onnx: inputs',
      'one of images, [batch, 3, height, width] or [batch, height, width, 3]',
      got,
    );
  }
  const { name, type, shape = [] } = input;
  const known = INPUT_TYPES.find((each) => each === type);
  if (known === undefined) {
    return reject(`onnx: type of input ${quoted(name)}`, INPUT_TYPES.join(', '), type);
  }
  const [height, width] = layout === 'nhwc' ? [shape[1], shape[2]] : [shape[2], shape[3]];
  return {
    ...{ name, layout, type: known, batch: numberOrNull(shape[0]) },
    size: [numberOrNull(height), numberOrNull(width)],
  };
}

/** The input's shape for images of a size. */
export const inputShape = (
  { layout, batch }: ImageInput,
  [height, width]: readonly [number, number],
): number[] =>
  layout === 'nhwc' ? [batch ?? 1, height, width, CHANNELS] : [batch ?? 1, CHANNELS, height, width];
