import * as tf from '@tensorflow/tfjs';
import { resnetFeatures, type ResnetArchitecture } from '../base/architecture.js';
import { MIN_SIZE } from '../base/options.js';
import { refuseOptions, reject } from '../errors.js';
import { pooledHead } from '../head/pooled.js';
import { buildLayers } from '../layers/tensorflow.js';
import { attachToOwn } from '../model/attach.js';
import { assign } from '../weights/assign.js';
import { parseSafetensors } from '../weights/formats/safetensors.js';
import { match } from '../weights/match.js';
import { RESNET_MINI } from '../weights/pretrained.js';
import { type Backbone, backboneOf, type InputSize } from './backbone.js';
import type { LoadBackboneOptions } from './options.js';

/** The architecture that scripts/resnet-mini/train.py trains; docs/resnet-mini.md is the model card. */
const ARCHITECTURE: ResnetArchitecture = { depth: [2, 2, 2], variant: 'v1.5', width: 32 };
const TRAINED_SIZE: InputSize = [96, 96];
const CHANNELS = 3;
const PREPROCESSING = 'torch';
const LICENSE = 'Apache-2.0';

/** CIFAR-10's classes, in the order of its scores. */
export const CIFAR10_CLASSES: readonly string[] = [
  ...['airplane', 'automobile', 'bird', 'cat', 'deer'],
  ...['dog', 'frog', 'horse', 'ship', 'truck'],
];

/** The options that apply to a model that is never downloaded. */
const ALLOWED = ['preprocessing', 'inputSize', 'signal', 'onProgress', 'onWarning'];

async function readWeights() {
  const weights: { base64?: string; default?: { base64: string } } =
    await import('./resnet-mini-weights.cjs');
  // esbuild's code splitting gives a CommonJS module as the default export only.
  const base64 = weights.base64 ?? weights.default?.base64 ?? '';
  return parseSafetensors(Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0)));
}

function requireInputSize(size: unknown): asserts size is InputSize {
  const isSide = (side: unknown) => Number.isSafeInteger(side) && Number(side) >= MIN_SIZE;
  if (!Array.isArray(size) || size.length !== 2 || !size.every(isSide)) {
    reject('inputSize', `[height, width], whole numbers from ${MIN_SIZE} up`, size);
  }
}

/** A model, and the pictures that it takes. */
interface Mini {
  readonly model: tf.LayersModel;
  readonly format: { readonly inputSize: InputSize; readonly preprocessing: typeof PREPROCESSING };
}

/**
 * Builds resnet-mini with its trained weights.
 *
 * @param top whether it ends in the scores of {@link CIFAR10_CLASSES}
 * @throws ArgumentError on an option that applies to downloads only, another preprocessing or a size below 32
 */
export async function resnetMini(options: LoadBackboneOptions, top: boolean): Promise<Mini> {
  refuseOptions(options, `for ${RESNET_MINI}, which comes with the package`, ALLOWED);
  const { preprocessing = PREPROCESSING, inputSize = TRAINED_SIZE } = options;
  if (preprocessing !== PREPROCESSING) {
    reject('preprocessing', `"${PREPROCESSING}" for ${RESNET_MINI}, or none`, preprocessing);
  }
  requireInputSize(inputSize);
  const file = await readWeights();
  const image = tf.input({ shape: [...inputSize, CHANNELS], name: 'input' });
  const pending = { weights: 'pending' } as const;
  const outputs = resnetFeatures(buildLayers(pending).layers, image, ARCHITECTURE);
  const base = tf.model({ inputs: image, outputs, name: RESNET_MINI });
  const numClasses = CIFAR10_CLASSES.length;
  const model = top ? attachToOwn(base, pooledHead({ numClasses }), pending) : base;
  try {
    assign(match(RESNET_MINI, file, model, 'all').assignments);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return { model, format: { inputSize, preprocessing } };
}

/** The backbone that comes with the package; nothing is downloaded. */
export async function miniBackbone(options: LoadBackboneOptions): Promise<Backbone> {
  const { model, format } = await resnetMini(options, false);
  return backboneOf(model, { name: RESNET_MINI, license: LICENSE, ...format });
}
