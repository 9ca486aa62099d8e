import * as tf from '@tensorflow/tfjs';
import { ArgumentError, reject, show } from '../errors.js';

/** Rejects values that aren't layers models, and models that another copy of TensorFlow.js made. */
export function requireLayersModel(
  subject: string,
  value: unknown,
): asserts value is tf.LayersModel {
  if (value instanceof tf.LayersModel) return;
  if (typeof value === 'object' && value !== null && 'layers' in value && 'outputs' in value) {
    throw new ArgumentError(
      `${subject}: expected a tf.LayersModel of the @tensorflow/tfjs that resnet-heads uses, got one of another copy; ` +
        'see `npm ls @tensorflow/tfjs`, and keep only one copy installed',
    );
  }
  if (value instanceof tf.GraphModel) {
    throw new ArgumentError(
      `${subject}: expected a tf.LayersModel, got a tf.GraphModel; convert it as a layers model, as a frozen graph can't be extended`,
    );
  }
  reject(subject, 'a tf.LayersModel', value);
}

/** Returns the one output `[batch, height, width, channels]` of a base. */
export function requireFeatureMap(subject: string, model: tf.LayersModel): tf.SymbolicTensor {
  const [output, ...others] = model.outputs;
  if (output === undefined || others.length > 0) {
    const got = model.outputs.map(({ shape }) => show(shape)).join(' and ');
    throw new ArgumentError(
      `${subject}: expected a model with one output [batch, height, width, channels], got ${got}; ` +
        'cut it at its feature map with tf.model({ inputs, outputs })',
    );
  }
  if (output.shape.length !== 4) {
    reject(
      subject,
      'a feature map [batch, height, width, channels] as output',
      output.shape,
      'take the model without its top, or cut it before its pooling',
    );
  }
  return output;
}
