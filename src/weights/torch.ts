import type { Shape } from '../layers/factory.js';
import type { NamedArray } from './formats/named-array.js';

/** `layer1.0.conv2` in torchvision and timm is `conv2_block1_2` in Keras: stage and block numbers are one higher. */
const BLOCK = /^layer(\d+)\.(\d+)\.(?:(conv|bn)(\d+)|downsample\.([01]))$/;

const DOWNSAMPLE = ['0_conv', '0_bn'] as const;

/** Keras's name of a torch module, or undefined if a ResNet has no such module. */
function layerName(module: string): string | undefined {
  if (module === 'conv1') return 'conv1_conv';
  if (module === 'bn1') return 'conv1_bn';
  if (module === 'fc') return 'predictions';
  const match = BLOCK.exec(module);
  if (match === null) return undefined;
  const [, stage, block, kind, index, downsample] = match;
  const part =
    downsample === undefined ? `${index ?? ''}_${kind ?? ''}` : DOWNSAMPLE[Number(downsample)];
  return `conv${Number(stage) + 1}_block${Number(block) + 1}_${part ?? ''}`;
}

const BATCH_NORM: Readonly<Record<string, string>> = {
  weight: 'gamma',
  bias: 'beta',
  running_mean: 'moving_mean',
  running_var: 'moving_variance',
};

function weightName(layer: string, parameter: string): string | undefined {
  if (layer.endsWith('_bn')) return BATCH_NORM[parameter];
  return { weight: 'kernel', bias: 'bias' }[parameter];
}

/** Whether these are a ResNet's weight names in torchvision and timm. */
export function isTorch(names: ReadonlySet<string>): boolean {
  return names.has('conv1.weight') && names.has('bn1.running_mean');
}

/** Permutes the axes of an array, like `numpy.transpose`. */
export function transpose(
  data: Float32Array,
  shape: Shape,
  order: readonly number[],
): NamedArray['data'] {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((n, size) => n * size, 1));
  const sizes = order.map((axis) => shape[axis] ?? 1);
  const steps = order.map((axis) => strides[axis] ?? 0);
  const result = new Float32Array(data.length);
  const index = order.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from] ?? NaN;
    // Advance by one in the result's order, carrying into the axes before.
    for (let axis = order.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      from += steps[axis] ?? 0;
      if (next < (sizes[axis] ?? 0)) {
        index[axis] = next;
        break;
      }
      from -= next * (steps[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return result;
}

/** A convolution's axes: torch's OIHW to TensorFlow's HWIO. */
const OIHW_TO_HWIO = [2, 3, 1, 0] as const;
/** A dense layer's axes: torch's [out, in] to TensorFlow's [in, out]. */
const OI_TO_IO = [1, 0] as const;

/** A torch array with Keras's name and order of axes, or undefined if a ResNet has no such weight. */
export function fromTorch({ name, shape, data }: NamedArray): NamedArray | undefined {
  const dot = name.lastIndexOf('.');
  const layer = layerName(name.slice(0, dot));
  if (layer === undefined) return undefined;
  const weight = weightName(layer, name.slice(dot + 1));
  if (weight === undefined) return undefined;
  const renamed = `${layer}/${weight}`;
  const order = { 4: OIHW_TO_HWIO, 2: OI_TO_IO }[shape.length];
  if (order === undefined) return { name: renamed, shape, data };
  return {
    name: renamed,
    shape: order.map((axis) => shape[axis] ?? 0),
    data: transpose(data, shape, order),
  };
}
