import {
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
