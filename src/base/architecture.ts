import type { LayerFactory } from '../layers/factory.js';

/** Number of weighted layers on the longest path, as the paper counts them (arXiv 1512.03385, table 1). */
export type ResnetDepth = 50 | 101 | 152;

/**
 * Which ResNet: `'v1'` is Keras's (stride on a stage's first 1×1, biased convolutions), `'v1.5'`
 * torchvision's and timm's (stride on its 3×3, no convolution bias).
 */
export type ResnetVariant = 'v1' | 'v1.5';

export interface ResnetArchitecture {
  /** A published depth, or blocks in each of the stages conv2, conv3, … */
  readonly depth: ResnetDepth | readonly number[];
  readonly variant: ResnetVariant;
  /** Filters of the first convolution, doubled at each stage. @default 64 */
  readonly width?: number;
}

/** Blocks in conv2, conv3, conv4 and conv5 (arXiv 1512.03385, table 1). This table is the architecture. */
const BLOCKS: Readonly<Record<ResnetDepth, readonly number[]>> = {
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
};

interface Convention {
  /** Where the stride of a stage's first block sits. */
  readonly strideOn: '1x1' | '3x3';
  readonly convBias: boolean;
  readonly batchNorm: { readonly epsilon: number; readonly momentum: number };
}

/**
 * v1: `keras.applications.resnet`, whose epsilon is 1.001e-5 and whose momentum is the layer's default.
 * v1.5: `torchvision.models.resnet`; PyTorch's momentum 0.1 is the share of the new value, Keras's 0.9.
 */
const CONVENTIONS: Readonly<Record<ResnetVariant, Convention>> = {
  v1: { strideOn: '1x1', convBias: true, batchNorm: { epsilon: 1.001e-5, momentum: 0.99 } },
  'v1.5': { strideOn: '3x3', convBias: false, batchNorm: { epsilon: 1e-5, momentum: 0.9 } },
};

export const DEPTHS = Object.keys(BLOCKS).map(Number) as readonly ResnetDepth[];
export const VARIANTS = Object.keys(CONVENTIONS) as readonly ResnetVariant[];

/** The depth that has so many blocks in conv4, by which alone the three differ for sure. */
export function depthWith(conv4Blocks: number): ResnetDepth | undefined {
  return DEPTHS.find((depth) => BLOCKS[depth][2] === conv4Blocks);
}

/** A block's last 1×1 widens fourfold (arXiv 1512.03385, table 1). */
const EXPANSION = 4;

/**
 * Takes an image `[h, w, c]` to its feature map `[⌈h/32⌉, ⌈w/32⌉, 2048]`, under Keras's layer names
 * (`conv1_conv` … `conv5_block3_out`) for every depth and variant.
 */
export function resnetFeatures<T>(
  layers: LayerFactory<T>,
  image: T,
  { depth, variant, width = 64 }: ResnetArchitecture,
): T {
  const { convBias: useBias, batchNorm, strideOn } = CONVENTIONS[variant];

  const convBnOf = (filters: number, kernelSize: number, strides: number, name: string) => {
    const conv = layers.conv2d({
      name: `${name}_conv`,
      filters,
      kernelSize,
      strides,
      // A strided 3×3 comes padded by hand: TensorFlow's 'same' would pad one side only.
      padding: kernelSize === 3 && strides === 1 ? 'same' : 'valid',
      useBias,
    });
    const norm = layers.batchNormalization({ name: `${name}_bn`, ...batchNorm });
    return (x: T) => norm(conv(x));
  };

  const relu = (name: string) => layers.activation({ name, activation: 'relu' });

  const block = (x: T, filters: number, stride: number, project: boolean, name: string): T => {
    const widened = EXPANSION * filters;
    const shortcut = project ? convBnOf(widened, 1, stride, `${name}_0`)(x) : x;
    const [stride1, stride3] = strideOn === '1x1' ? [stride, 1] : [1, stride];

    let y = convBnOf(filters, 1, stride1, `${name}_1`)(x);
    y = relu(`${name}_1_relu`)(y);
    if (stride3 > 1) y = layers.zeroPadding2d({ name: `${name}_2_pad`, padding: 1 })(y);
    y = convBnOf(filters, 3, stride3, `${name}_2`)(y);
    y = relu(`${name}_2_relu`)(y);
    y = convBnOf(widened, 1, 1, `${name}_3`)(y);
    y = layers.add({ name: `${name}_add` })([shortcut, y]);
    return relu(`${name}_out`)(y);
  };

  let x = layers.zeroPadding2d({ name: 'conv1_pad', padding: 3 })(image);
  x = convBnOf(width, 7, 2, 'conv1')(x);
  x = relu('conv1_relu')(x);
  x = layers.zeroPadding2d({ name: 'pool1_pad', padding: 1 })(x);
  x = layers.maxPooling2d({ name: 'pool1_pool', poolSize: 3, strides: 2 })(x);
  const stages = typeof depth === 'number' ? BLOCKS[depth] : depth;
  for (const [stage, blocks] of stages.entries()) {
    const filters = width * 2 ** stage;
    for (let index = 0; index < blocks; index++) {
      // conv2 follows the max pooling, which has halved the map already.
      const stride = index === 0 && stage > 0 ? 2 : 1;
      x = block(x, filters, stride, index === 0, `conv${stage + 2}_block${index + 1}`);
    }
  }
  return x;
}
