import { depthWith, type ResnetDepth, type ResnetVariant } from '../base/architecture.js';
import { variantOf } from './keras-names.js';

/** Which of the known ResNets weights belong to. */
export interface ResnetIdentity {
  readonly depth: ResnetDepth;
  readonly variant: ResnetVariant;
}

/** How many blocks the stage has in which ResNets differ, by the names of its weights. */
const CONV4_BLOCK = /^conv4_block(\d+)_1_conv\/kernel$/;

/**
 * Tells a ResNet by the names of its weights; nothing where they are another model's.
 *
 * @param names as Keras gives them, `layer/weight`
 */
export function identifyResnet(names: ReadonlySet<string>): ResnetIdentity | undefined {
  const blocks = [...names].filter((name) => CONV4_BLOCK.test(name)).length;
  const depth = depthWith(blocks);
  if (depth === undefined || !names.has('conv1_conv/kernel')) return undefined;
  return { depth, variant: variantOf(names) };
}
