import type * as tf from '@tensorflow/tfjs';
import { featureChannels, type ResnetDepth } from '../base/architecture.js';
import { IMAGENET_NUM_CLASSES } from '../base/options.js';
import type { Preprocessing } from '../base/preprocess.js';
import { ArgumentError } from '../errors.js';
import type { Scope } from '../model/seam.js';
import { weightsOf } from '../model/weights.js';
import { identifyResnet, type ResnetIdentity } from './identify.js';
import { isCalled, locate, type Located, pretrainedWeights } from './pretrained.js';

/** Where a model's named weights are, and what of the model they are for. */
export interface Resolved extends Located {
  readonly preprocessing: Preprocessing;
  readonly scope: Scope;
}

function identify(model: tf.LayersModel): ResnetIdentity {
  const names = model.layers.flatMap(weightsOf).map(({ name }) => name);
  const identity = identifyResnet(new Set(names));
  if (identity === undefined) {
    throw new ArgumentError(
      `model: expected a ResNet under Keras's layer names for weights by name, got ${model.name}; load a file of its own`,
    );
  }
  return identity;
}

/** A layer of a base. */
const BASE_LAYER = /^conv\d_/;

/** Whether the model ends as those do that published tops are for: in one dense layer on the pooled features. */
function hasImagenetTop(model: tf.LayersModel, depth: ResnetDepth): boolean {
  const weighted = model.layers.filter(({ weights }) => weights.length > 0);
  const [top, ...more] = weighted.filter(({ name }) => !BASE_LAYER.test(name));
  const shape = [featureChannels(depth), IMAGENET_NUM_CLASSES].join();
  return top?.name === 'predictions' && more.length === 0 && top.weights[0]?.shape.join() === shape;
}

/**
 * Finds the file that a name stands for, given the model that it is to be loaded into.
 *
 * @throws ArgumentError where no such weights are known, or they are for another ResNet
 */
export function resolvePretrained(
  model: tf.LayersModel,
  name: string,
  { scope, mirror }: { readonly scope?: Scope | undefined; readonly mirror?: string | undefined },
): Resolved {
  const { depth, variant } = identify(model);
  const fitting = pretrainedWeights().filter(
    (each) => each.depth === depth && each.variant === variant,
  );
  const found = fitting.find((each) => isCalled(each, name));
  if (found === undefined) {
    const known = fitting.map((each) => `"${each.name}"`).join(', ') || 'none';
    throw new ArgumentError(
      `source: expected weights for a ResNet-${depth} ${variant}, got "${name}"; known by name are ${known}`,
    );
  }
  const wanted = scope ?? (hasImagenetTop(model, depth) ? 'all' : 'base');
  const { url, integrity } = locate(found, wanted !== 'base', mirror);
  return { url, integrity, preprocessing: found.preprocessing, scope: wanted };
}
