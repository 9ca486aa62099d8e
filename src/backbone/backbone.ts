import * as tf from '@tensorflow/tfjs';
import { type Preprocessing, PREPROCESSINGS } from '../base/preprocess.js';
import { ArgumentError, reject, requireOneOf } from '../errors.js';
import type { Shape } from '../layers/factory.js';
import { requireFeatureMap, requireLayersModel } from '../model/check.js';

/** Height and width in pixels. */
export type InputSize = readonly [height: number, width: number];

/** A model from images to features that knows which pictures it takes. {@link loadBackbone} gives it. */
export interface Backbone {
  /** The published name, path or address that it was loaded from, or the name of the model that was handed in. */
  readonly name: string;
  /** Preprocessed images `[n, height, width, 3]` → features `[n, h, w, c]`. */
  readonly model: tf.LayersModel;
  readonly inputSize: InputSize;
  /** How it wants its pixels. */
  readonly preprocessing: Preprocessing;
  /** `[h, w, c]`. */
  readonly featureShape: Shape;
  /** SPDX identifier of the weights' licence, where their publisher names one. */
  readonly license?: string;
  /**
   * SHA-256 of what it computes: input size, layers, connections and weights, not names. Computed at each call, as
   * weights may change; 0.4 s for a ResNet-50.
   */
  sha256(): Promise<string>;
  /** Frees the model. */
  dispose(): void;
}

/** What tells a backbone from its model. */
export type BackboneFacts = Pick<Backbone, 'name' | 'preprocessing' | 'license'>;

const CHANNELS = 3;

/** The size of the one input, which has to be pictures of a known size. */
function inputSizeOf(model: tf.LayersModel): InputSize {
  const [input, ...others] = model.inputs;
  if (input === undefined || others.length > 0) {
    reject('backbone', 'a model with one input', model.inputs.length);
  }
  const [, height, width, channels, ...more] = input.shape;
  if (channels !== CHANNELS || more.length > 0) {
    reject('backbone', 'one that takes pictures [height, width, 3]', input.shape.slice(1));
  }
  if (typeof height !== 'number' || typeof width !== 'number') {
    throw new ArgumentError(
      'backbone: expected a known height and width, got open ones; build the model with tf.input({ shape: [224, 224, 3] })',
    );
  }
  return [height, width];
}

/**
 * Checks a model, once for all, and makes a backbone of it.
 *
 * @param model becomes the backbone's
 * @throws ArgumentError where it isn't one from pictures of a known size to one feature map
 */
export function backboneOf(
  model: tf.LayersModel,
  { name, preprocessing, license }: BackboneFacts,
): Backbone {
  requireLayersModel('backbone', model);
  const inputSize = inputSizeOf(model);
  const featureShape = requireFeatureMap('backbone', model).shape.slice(1) as number[];
  requireOneOf('preprocessing', preprocessing, PREPROCESSINGS);
  return {
    ...{ name, model, inputSize, preprocessing, featureShape },
    ...(license !== undefined && { license }),
    sha256: async () => (await import('../weights/hash-model.js')).hashModel(model),
    dispose: () => {
      model.dispose();
    },
  };
}

/** Whether `value`, which may come from JavaScript, is what {@link loadBackbone} gives. */
export const isBackbone = (value: unknown): value is Backbone => {
  if (typeof value !== 'object' || value === null) return false;
  const { model, sha256 } = value as Partial<Record<keyof Backbone, unknown>>;
  return model instanceof tf.LayersModel && typeof sha256 === 'function';
};

/** @throws ArgumentError where it is none */
export function requireBackbone(value: unknown): asserts value is Backbone {
  if (isBackbone(value)) return;
  if (value instanceof tf.LayersModel) {
    reject(
      'backbone',
      'what loadBackbone() gives',
      'a tf.LayersModel',
      "wrap it: await loadBackbone(model, { preprocessing: 'tf' })",
    );
  }
  reject('backbone', 'what loadBackbone() gives', value);
}
