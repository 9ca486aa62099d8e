import type { LayerFactory } from '../layers/factory.js';

/** Number of weighted layers on the longest path, as the paper counts them (arXiv 1512.03385, table 1). */
export type ResnetDepth = 18 | 34 | 50 | 101 | 152;

/**
 * Which ResNet: `'v1'` is Keras's (stride on a stage's first 1×1, biased convolutions), `'v1.5'`
 * torchvision's and timm's (stride on its first 3×3, no convolution bias). Keras has no ResNet-18 and no ResNet-34.
 */
export type ResnetVariant = 'v1' | 'v1.5';

/** What a block is made of: its convolutions' kernels, and how much the last of them widens the filters. */
interface Block {
  readonly kernels: readonly (1 | 3)[];
  readonly expansion: number;
  /** The conventions under which it is published; the first is the default. */
  readonly variants: readonly [ResnetVariant, ...ResnetVariant[]];
}

export type BlockName = 'basic' | 'bottleneck';

/** The two blocks of arXiv 1512.03385, figure 5. */
const BLOCKS: Readonly<Record<BlockName, Block>> = {
  basic: { kernels: [3, 3], expansion: 1, variants: ['v1.5'] },
  bottleneck: { kernels: [1, 3, 1], expansion: 4, variants: ['v1', 'v1.5'] },
};

/** Blocks in conv2, conv3, conv4 and conv5 (arXiv 1512.03385, table 1). This table is the architecture. */
const RESNETS: Readonly<Record<ResnetDepth, readonly [BlockName, readonly number[]]>> = {
  18: ['basic', [2, 2, 2, 2]],
  34: ['basic', [3, 4, 6, 3]],
  50: ['bottleneck', [3, 4, 6, 3]],
  101: ['bottleneck', [3, 4, 23, 3]],
  152: ['bottleneck', [3, 8, 36, 3]],
};

export interface ResnetArchitecture {
  /** A published depth, or blocks in each of the stages conv2, conv3, … */
  readonly depth: ResnetDepth | readonly number[];
  readonly variant: ResnetVariant;
  /** The kind of block where `depth` is a list; a published depth has its own. @default 'bottleneck' */
  readonly block?: BlockName;
  /** Filters of the first convolution, doubled at each stage. @default 64 */
  readonly width?: number;
}

const WIDTH = 64;

interface Convention {
  /** Which of a block's convolutions has the stride of a stage's first block. */
  readonly strideOn: 'first' | 'first 3x3';
  readonly convBias: boolean;
  readonly batchNorm: { readonly epsilon: number; readonly momentum: number };
}

/**
 * v1: `keras.applications.resnet`, whose epsilon is 1.001e-5 and whose momentum is the layer's default.
 * v1.5: `torchvision.models.resnet`; PyTorch's momentum 0.1 is the share of the new value, Keras's 0.9.
 */
const CONVENTIONS: Readonly<Record<ResnetVariant, Convention>> = {
  v1: { strideOn: 'first', convBias: true, batchNorm: { epsilon: 1.001e-5, momentum: 0.99 } },
  'v1.5': { strideOn: 'first 3x3', convBias: false, batchNorm: { epsilon: 1e-5, momentum: 0.9 } },
};

export const DEPTHS = Object.keys(RESNETS).map(Number) as readonly ResnetDepth[];
export const VARIANTS = Object.keys(CONVENTIONS) as readonly ResnetVariant[];

/** The variants of which a depth is published; the first is the default. */
export const variantsOf = (depth: ResnetDepth): Block['variants'] =>
  BLOCKS[RESNETS[depth][0]].variants;

/** Channels of the feature map. */
export function featureChannels(depth: ResnetDepth): number {
  const [block, stages] = RESNETS[depth];
  return WIDTH * 2 ** (stages.length - 1) * BLOCKS[block].expansion;
}

/** The depth that has so many blocks of that kind in conv4, by which alone the five differ for sure. */
export function depthWith(conv4Blocks: number, block: BlockName): ResnetDepth | undefined {
  return DEPTHS.find(
    (depth) => RESNETS[depth][0] === block && RESNETS[depth][1][2] === conv4Blocks,
  );
}

/**
 * Takes an image `[h, w, c]` to its feature map `[⌈h/32⌉, ⌈w/32⌉, 2048]`, of 512 channels at depth 18 and 34, under
 * Keras's layer names (`conv1_conv` … `conv5_block3_out`) for every depth and variant.
 */
export function resnetFeatures<T>(
  layers: LayerFactory<T>,
  image: T,
  { depth, variant, block: ownBlock = 'bottleneck', width = WIDTH }: ResnetArchitecture,
): T {
  const { convBias: useBias, batchNorm, strideOn } = CONVENTIONS[variant];
  const [blockName, stages] = typeof depth === 'number' ? RESNETS[depth] : [ownBlock, depth];
  const { kernels, expansion } = BLOCKS[blockName];
  const strided = strideOn === 'first' ? 0 : kernels.indexOf(3);

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
    const shortcut = project ? convBnOf(expansion * filters, 1, stride, `${name}_0`)(x) : x;
    let y = x;
    for (const [index, kernelSize] of kernels.entries()) {
      const part = `${name}_${index + 1}`;
      const isLast = index === kernels.length - 1;
      const strides = index === strided ? stride : 1;
      if (kernelSize === 3 && strides > 1)
        y = layers.zeroPadding2d({ name: `${part}_pad`, padding: 1 })(y);
      y = convBnOf(isLast ? expansion * filters : filters, kernelSize, strides, part)(y);
      if (!isLast) y = relu(`${part}_relu`)(y);
    }
    y = layers.add({ name: `${name}_add` })([shortcut, y]);
    return relu(`${name}_out`)(y);
  };

  let x = layers.zeroPadding2d({ name: 'conv1_pad', padding: 3 })(image);
  x = convBnOf(width, 7, 2, 'conv1')(x);
  x = relu('conv1_relu')(x);
  x = layers.zeroPadding2d({ name: 'pool1_pad', padding: 1 })(x);
  x = layers.maxPooling2d({ name: 'pool1_pool', poolSize: 3, strides: 2 })(x);
  for (const [stage, blocks] of stages.entries()) {
    const filters = width * 2 ** stage;
    for (let index = 0; index < blocks; index++) {
      // conv2 follows the max pooling, which has halved the map already.
      const stride = index === 0 && stage > 0 ? 2 : 1;
      // Where the shortcut has other channels or another size than what is added to it.
      const project = index === 0 && (stage > 0 || expansion > 1);
      x = block(x, filters, stride, project, `conv${stage + 2}_block${index + 1}`);
    }
  }
  return x;
}
