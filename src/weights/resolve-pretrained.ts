import type * as tf from '@tensorflow/tfjs';
import { featureChannels, type ResnetDepth } from '../base/architecture.js';
import { IMAGENET_NUM_CLASSES } from '../base/options.js';
import type { Preprocessing } from '../base/preprocess.js';
import { ArgumentError } from '../errors.js';
import type { Scope } from '../model/seam.js';
import { weightsOf } from '../model/weights.js';
import { identifyResnet, type ResnetIdentity } from './identify.js';
import { isCalled, locate, type Located, pretrainedWeights } from './pretrained.js';

/** Where named weights are, and which part of the model they are for. */
export interface Resolved extends Located {
  readonly preprocessing: Preprocessing;
  readonly scope: Scope;
}

function identify(model: tf.LayersModel): ResnetIdentity {
  const names = model.layers.flatMap(weightsOf).map(({ name }) => name);
  const identity = identifyResnet(new Set(names));
  if (identity === undefined) {
    throw new ArgumentError(
      `model: expected a ResNet with Keras's layer names, got ${model.name}; for other models, load weights from a URL or a file`,
    );
  }
  return identity;
}

const BASE_LAYER = /^conv\d_/;

/** Whether the model ends as published ones do: in one dense layer of ImageNet's 1,000 classes on the pooled features. */
function hasImagenetTop(model: tf.LayersModel, depth: ResnetDepth): boolean {
  const weighted = model.layers.filter(({ weights }) => weights.length > 0);
  const [top, ...more] = weighted.filter(({ name }) => !BASE_LAYER.test(name));
  const shape = [featureChannels(depth), IMAGENET_NUM_CLASSES].join();
  return top?.name === 'predictions' && more.length === 0 && top.weights[0]?.shape.join() === shape;
}

/**
 * Finds the weight file with a name, for a given model.
 *
 * @throws ArgumentError if the name is unknown, or its weights are for another ResNet
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
      `source: expected weights for a ResNet-${depth} ${variant}, got "${name}"; known names: ${known}`,
    );
  }
  const wanted = scope ?? (hasImagenetTop(model, depth) ? 'all' : 'base');
  const { url, integrity } = locate(found, wanted !== 'base', mirror);
  return { url, integrity, preprocessing: found.preprocessing, scope: wanted };
}
