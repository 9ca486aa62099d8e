import type { Preprocessing } from '../base/preprocess.js';
import { reject } from '../errors.js';
import { resnet } from '../model/resnet.js';
import { assign } from '../weights/assign.js';
import { WeightsError } from '../weights/errors.js';
import { identifyNumbered, identifyResnet } from '../weights/identify.js';
import { toKerasNames } from '../weights/keras-names.js';
import { loadWeights } from '../weights/load.js';
import { match } from '../weights/match.js';
import type { PretrainedWeights } from '../weights/pretrained.js';
import { readSource } from '../weights/source.js';
import { type Backbone, backboneOf, type InputSize } from './backbone.js';
import type { LoadBackboneOptions } from './options.js';

const DEFAULT_SIZE: InputSize = [224, 224];
const CHANNELS = 3;

const shapeOf = ([height, width]: InputSize = DEFAULT_SIZE) => [height, width, CHANNELS] as const;

/** Loads a ResNet by its published name. */
export async function published(
  { name, depth, variant, preprocessing, license }: PretrainedWeights,
  { preprocessing: named = preprocessing, inputSize, ...options }: LoadBackboneOptions,
): Promise<Backbone> {
  if (named !== preprocessing) {
    reject('preprocessing', `"${preprocessing}" for ${name}, or none`, named);
  }
  const model = resnet({ depth, variant, inputShape: shapeOf(inputSize), weights: 'pending' });
  try {
    await loadWeights(model, name, { ...options, scope: 'base' });
    return backboneOf(model, { name, preprocessing, license });
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Loads a ResNet from its weight file, whose array names identify its depth and variant. */
export async function ofWeights(
  source: string | URL | Uint8Array | ArrayBuffer | Blob,
  name: string,
  options: LoadBackboneOptions & { readonly preprocessing: Preprocessing },
): Promise<Backbone> {
  const { preprocessing } = options;
  const { name: file, file: weights } = await readSource(undefined, source, {
    ...options,
    scope: 'base',
  });
  const identity =
    identifyResnet(new Set(toKerasNames(weights).arrays.keys())) ??
    identifyNumbered(new Set(weights.arrays.map((each) => each.name)));
  if (identity === undefined) {
    throw new WeightsError(
      `${file}: expected the weights of a ResNet under Keras's or torch's names, got others; load another model by its model.json or .keras file`,
    );
  }
  const model = resnet({ ...identity, inputShape: shapeOf(options.inputSize), weights: 'pending' });
  try {
    const { assignments } = match(file, weights, model, 'base');
    assign(assignments);
    return backboneOf(model, { name, preprocessing });
  } catch (error) {
    model.dispose();
    throw error;
  }
}
