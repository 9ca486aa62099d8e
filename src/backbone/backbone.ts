import * as tf from '@tensorflow/tfjs';
import { type Preprocessing, PREPROCESSINGS } from '../base/preprocess.js';
import { ArgumentError, reject, requireOneOf } from '../errors.js';
import type { Shape } from '../layers/factory.js';
import { requireFeatureMap, requireLayersModel } from '../model/check.js';
import { onnxOf } from '../onnx/base.js';

/** Height and width in pixels. */
export type InputSize = readonly [height: number, width: number];

/** A model from images to features, with its input size and preprocessing. {@link loadBackbone} returns one. */
export interface Backbone {
  /** The published name, path or URL that it was loaded from, or the name of the model that was passed. */
  readonly name: string;
  /**
   * Preprocessed images `[n, height, width, 3]` → features `[n, h, w, c]`. The model of an ONNX file only has shapes: heads can be attached to
   * it, but it can't predict.
   */
  readonly model: tf.LayersModel;
  /** The ONNX file that runs in place of the model, cut at the features; undefined for a model of TensorFlow.js. */
  readonly onnx?: Uint8Array;
  readonly inputSize: InputSize;
  /** Pixel scaling that it expects. */
  readonly preprocessing: Preprocessing;
  /** `[h, w, c]`. */
  readonly featureShape: Shape;
  /** SPDX identifier of the weights' licence, if their publisher names one. */
  readonly license?: string;
  /**
   * SHA-256 of the input size, layers, connections and weights; names don't count. Computed on each call (0.4 s for a ResNet-50),
   * as weights may change.
   */
  sha256(): Promise<string>;
  /** Disposes the model. */
  dispose(): void;
}

/** What a backbone knows beside its model. */
export type BackboneFacts = Pick<Backbone, 'name' | 'preprocessing' | 'license'>;

const CHANNELS = 3;

/** The size of the model's only input, which must take images of a fixed size. */
function inputSizeOf(model: tf.LayersModel): InputSize {
  const [input, ...others] = model.inputs;
  if (input === undefined || others.length > 0) {
    reject('backbone', 'a model with one input', model.inputs.length);
  }
  const [, height, width, channels, ...more] = input.shape;
  if (channels !== CHANNELS || more.length > 0) {
    reject('backbone', 'one that takes images [height, width, 3]', input.shape.slice(1));
  }
  if (typeof height !== 'number' || typeof width !== 'number') {
    throw new ArgumentError(
      'backbone: expected a fixed input height and width, got variable ones; build the model with tf.input({ shape: [224, 224, 3] })',
    );
  }
  return [height, width];
}

/**
 * Checks a model and makes a backbone of it.
 *
 * @param model owned by the backbone from now on
 * @throws ArgumentError unless it maps images of a fixed size to one feature map
 */
export function backboneOf(
  model: tf.LayersModel,
  { name, preprocessing, license }: BackboneFacts,
): Backbone {
  requireLayersModel('backbone', model);
  const inputSize = inputSizeOf(model);
  const featureShape = requireFeatureMap('backbone', model).shape.slice(1) as number[];
  requireOneOf('preprocessing', preprocessing, PREPROCESSINGS);
  const onnx = onnxOf(model)?.bytes;
  return {
    ...{ name, model, inputSize, preprocessing, featureShape },
    ...(onnx && { onnx }),
    ...(license !== undefined && { license }),
    sha256: async () => (await import('../weights/hash-model.js')).hashModel(model),
    dispose: () => {
      model.dispose();
    },
  };
}

/** Whether `value`, which may come from JavaScript, is a backbone. */
export const isBackbone = (value: unknown): value is Backbone => {
  if (typeof value !== 'object' || value === null) return false;
  const { model, sha256 } = value as Partial<Record<keyof Backbone, unknown>>;
  return model instanceof tf.LayersModel && typeof sha256 === 'function';
};

/** @throws ArgumentError if it isn't one */
export function requireBackbone(value: unknown): asserts value is Backbone {
  if (isBackbone(value)) return;
  if (value instanceof tf.LayersModel) {
    throw new ArgumentError(
      "backbone: expected one from loadBackbone(), got a tf.LayersModel; wrap it: await loadBackbone(model, { preprocessing: 'tf' })",
    );
  }
  reject('backbone', 'one from loadBackbone()', value);
}
