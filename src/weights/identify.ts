import {
  DEPTHS,
  depthWith,
  type ResnetDepth,
  type ResnetVariant,
  variantsOf,
} from '../base/architecture.js';
import { variantOf } from './keras-names.js';

/** A ResNet's depth and variant. */
export interface ResnetIdentity {
  readonly depth: ResnetDepth;
  readonly variant: ResnetVariant;
}

/** The first convolution of each block in conv4, the stage in which ResNets differ. */
const CONV4_BLOCK = /^conv4_block(\d+)_1_conv\/kernel$/;
/** Only bottleneck blocks have a third convolution. */
const BOTTLENECK_MARK = 'conv4_block1_3_conv/kernel';

/**
 * Identifies a ResNet by the names of its weights.
 *
 * @param names Keras's names, `layer/weight`
 * @returns undefined for any other model
 */
export function identifyResnet(names: ReadonlySet<string>): ResnetIdentity | undefined {
  const blocks = [...names].filter((name) => CONV4_BLOCK.test(name)).length;
  const depth = depthWith(blocks, names.has(BOTTLENECK_MARK) ? 'bottleneck' : 'basic');
  const variant = variantOf(names);
  if (depth === undefined || !names.has('conv1_conv/kernel')) return undefined;
  return variantsOf(depth).includes(variant) ? { depth, variant } : undefined;
}

/** A convolution's kernel in a file that numbers its layers: `conv2d`, `conv2d_1`, … */
const NUMBERED_KERNEL = /^conv2d(_\d+)?\/vars\/0$/;
const NUMBERED_BIAS = 'conv2d/vars/1';

/**
 * Identifies a ResNet in a file that numbers its layers, as Keras 3's `.weights.h5` does: only one depth has as many convolutions. On
 * its longest path are one less than its depth, as the last layer is dense; each stage has one in a shortcut, the first one only with bottleneck blocks.
 *
 * @param names as the file has them
 * @returns undefined if no ResNet has so many
 */
export function identifyNumbered(names: ReadonlySet<string>): ResnetIdentity | undefined {
  const kernels = [...names].filter((name) => NUMBERED_KERNEL.test(name)).length;
  const variant: ResnetVariant = names.has(NUMBERED_BIAS) ? 'v1' : 'v1.5';
  const shortcuts = (depth: ResnetDepth) => (variantsOf(depth).includes('v1') ? 4 : 3);
  const depth = DEPTHS.find((each) => each - 1 + shortcuts(each) === kernels);
  return depth !== undefined && variantsOf(depth).includes(variant)
    ? { depth, variant }
    : undefined;
}
