import {
  depthWith,
  type ResnetDepth,
  type ResnetVariant,
  variantsOf,
} from '../base/architecture.js';
import { variantOf } from './keras-names.js';

/** Which of the known ResNets weights belong to. */
export interface ResnetIdentity {
  readonly depth: ResnetDepth;
  readonly variant: ResnetVariant;
}

/** The first convolution of a block in conv4, the stage in which ResNets differ. */
const CONV4_BLOCK = /^conv4_block(\d+)_1_conv\/kernel$/;
/** Bottlenecks alone have a third convolution. */
const BOTTLENECK_MARK = 'conv4_block1_3_conv/kernel';

/**
 * Tells a ResNet by the names of its weights; nothing where they are another model's.
 *
 * @param names as Keras gives them, `layer/weight`
 */
export function identifyResnet(names: ReadonlySet<string>): ResnetIdentity | undefined {
  const blocks = [...names].filter((name) => CONV4_BLOCK.test(name)).length;
  const depth = depthWith(blocks, names.has(BOTTLENECK_MARK) ? 'bottleneck' : 'basic');
  const variant = variantOf(names);
  if (depth === undefined || !names.has('conv1_conv/kernel')) return undefined;
  return variantsOf(depth).includes(variant) ? { depth, variant } : undefined;
}
