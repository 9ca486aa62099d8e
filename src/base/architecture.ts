import type { LayerFactory } from '../layers/factory.js';

/** A ResNet's depth: the number of layers with weights on the longest path (arXiv 1512.03385, table 1). */
export type ResnetDepth = 18 | 34 | 50 | 101 | 152;

/**
 * A ResNet's variant: `'v1'` is Keras's (stride on a stage's first 1×1, convolutions with bias), `'v1.5'` is torchvision's and timm's
 * (stride on its first 3×3, convolutions without bias). Depths 18 and 34 exist only as `'v1.5'`.
 */
export type ResnetVariant = 'v1' | 'v1.5';

/** A kind of block: the kernel sizes of its convolutions, and the factor by which the last one multiplies the filters. */
interface Block {
  readonly kernels: readonly (1 | 3)[];
  readonly expansion: number;
  /** The variants that are published; the first is the default. */
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
  /** A published depth, or the number of blocks in each stage, conv2, conv3, … */
  readonly depth: ResnetDepth | readonly number[];
  readonly variant: ResnetVariant;
  /** The kind of block if `depth` is a list; ignored for a published depth. @default 'bottleneck' */
  readonly block?: BlockName;
  /** Filters of the first convolution, doubled at each stage. @default 64 */
  readonly width?: number;
}

const WIDTH = 64;

interface Convention {
  /** The convolution that has the stride, in the first block of a stage. */
  readonly strideOn: 'first' | 'first 3x3';
  readonly convBias: boolean;
  readonly batchNorm: { readonly epsilon: number; readonly momentum: number };
}

/**
 * v1: `keras.applications.resnet`, with epsilon 1.001e-5 and the layer's default momentum.
 * v1.5: `torchvision.models.resnet`. PyTorch's momentum 0.1 is the weight of the new value, so Keras's is 0.9.
 */
const CONVENTIONS: Readonly<Record<ResnetVariant, Convention>> = {
  v1: { strideOn: 'first', convBias: true, batchNorm: { epsilon: 1.001e-5, momentum: 0.99 } },
  'v1.5': { strideOn: 'first 3x3', convBias: false, batchNorm: { epsilon: 1e-5, momentum: 0.9 } },
};

export const DEPTHS = Object.keys(RESNETS).map(Number) as readonly ResnetDepth[];
export const VARIANTS = Object.keys(CONVENTIONS) as readonly ResnetVariant[];

/** The published variants of a depth; the first is the default. */
export const variantsOf = (depth: ResnetDepth): Block['variants'] =>
  BLOCKS[RESNETS[depth][0]].variants;

/** Number of channels of the feature map. */
export function featureChannels(depth: ResnetDepth): number {
  const [block, stages] = RESNETS[depth];
  return WIDTH * 2 ** (stages.length - 1) * BLOCKS[block].expansion;
}

/** Finds the depth by the kind and number of blocks in conv4, which identify it. */
export function depthWith(conv4Blocks: number, block: BlockName): ResnetDepth | undefined {
  return DEPTHS.find(
    (depth) => RESNETS[depth][0] === block && RESNETS[depth][1][2] === conv4Blocks,
  );
}

/**
 * Builds a ResNet without its top, from an image `[h, w, c]` to a feature map `[⌈h/32⌉, ⌈w/32⌉, 2048]` (512 channels at depths 18 and
 * 34). Layers have Keras's names (`conv1_conv` … `conv5_block3_out`) at every depth and variant.
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
      // A strided 3×3 is padded explicitly, because TensorFlow's 'same' would pad only one side.
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
      // Not in conv2: the max pooling before it has already halved the map.
      const stride = index === 0 && stage > 0 ? 2 : 1;
      // The shortcut is projected if its channels or size differ from the block's output.
      const project = index === 0 && (stage > 0 || expansion > 1);
      x = block(x, filters, stride, project, `conv${stage + 2}_block${index + 1}`);
    }
  }
  return x;
}
