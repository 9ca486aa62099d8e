import * as tf from '@tensorflow/tfjs';
import { attachHead, type Head } from 'resnet-heads';

/** A base that hands its image `[2, 2, 2]` on: one 1 × 1 convolution, the identity its kernel. */
export function identityBase(): tf.LayersModel {
  const image = tf.input({ shape: [2, 2, 2], name: 'image' });
  const conv = tf.layers.conv2d({ filters: 2, kernelSize: 1, useBias: false, name: 'conv' });
  const features = conv.apply(image) as tf.SymbolicTensor;
  const kernel = tf.tensor4d([1, 0, 0, 1], [1, 1, 2, 2]);
  conv.setWeights([kernel]);
  kernel.dispose();
  return tf.model({ inputs: image, outputs: features, name: 'identity' });
}

/** A head on {@link identityBase}, with weights of known values by layer. */
export function knownModel(
  head: Head,
  weights: Readonly<Record<string, readonly (readonly number[])[]>>,
): tf.LayersModel {
  const model = attachHead(identityBase(), head);
  for (const [name, values] of Object.entries(weights)) {
    const layer = model.getLayer(name);
    const tensors = values.map((each, i) =>
      tf.tensor([...each], layer.weights[i]!.shape as number[]),
    );
    layer.setWeights(tensors);
    tf.dispose(tensors);
  }
  return model;
}

/** Two channels at each position: (1, 0) and (2, 1) above, (0, 3) and (1, 1) below. */
export const knownImage = (): tf.Tensor3D => tf.tensor3d([1, 0, 2, 1, 0, 3, 1, 1], [2, 2, 2]);
