import * as tf from '@tensorflow/tfjs';

const { layers } = tf;

/** Each kind of layer and activation that a ResNet lacks and that exports know, at odd sizes. */
export function everyLayer(): tf.LayersModel {
  const image = tf.input({ shape: [13, 10, 3], name: 'image' });
  const then = (x: tf.SymbolicTensor, ...each: tf.layers.Layer[]) =>
    each.reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, x);

  // The two halves of MobileNet: v1's pair of convolutions, v2's inverted bottleneck.
  const mobile = then(
    image,
    // By channel, as Keras's Normalization becomes; TensorFlow.js's types know numbers only.
    layers.rescaling({ name: 'scaled', scale: [2, 1.5, 2.5], offset: [-0.5, 0, 0.25] } as never),
    layers.conv2d({ name: 'a', filters: 6, kernelSize: 3, strides: 2, padding: 'same' }),
    layers.reLU({ name: 'a_relu', maxValue: 6 }),
    layers.depthwiseConv2d({ name: 'b', kernelSize: 3, padding: 'same', depthMultiplier: 2 }),
    layers.batchNormalization({ name: 'b_bn', scale: false, epsilon: 0.01 }),
    layers.activation({ name: 'b_relu', activation: 'relu6' }),
    layers.zeroPadding2d({
      name: 'pad',
      padding: [
        [0, 1],
        [2, 0],
      ],
    }),
    layers.depthwiseConv2d({ name: 'c', kernelSize: 3, strides: 2, activation: 'relu' }),
    layers.separableConv2d({ name: 'd', filters: 8, kernelSize: 3, padding: 'same' }),
    layers.batchNormalization({ name: 'd_bn', center: false }),
  );
  const dilated = then(
    image,
    layers.conv2d({
      ...{ name: 'e', filters: 8, kernelSize: [3, 2], dilationRate: 2, activation: 'tanh' },
      ...{ useBias: false },
    }),
    layers.averagePooling2d({ name: 'f', poolSize: 3, strides: 3, padding: 'same' }),
    layers.reLU({ name: 'f_relu', maxValue: 0.25 }),
  );
  const gate = then(
    mobile,
    layers.globalAveragePooling2d({ name: 'squeeze' }),
    layers.reshape({ name: 'unsqueeze', targetShape: [1, 1, 8] }),
    layers.dense({ name: 'excite', units: 8, activation: 'sigmoid', useBias: false }),
  );
  const gated = layers.multiply({ name: 'gated' }).apply([mobile, gate]) as tf.SymbolicTensor;
  const joined = layers
    .concatenate({ name: 'joined' })
    .apply([
      layers.average({ name: 'mean' }).apply([gated, dilated, mobile]) as tf.SymbolicTensor,
      layers.add({ name: 'sum' }).apply([gated, dilated, mobile]) as tf.SymbolicTensor,
      layers.add({ name: 'spread' }).apply([dilated, gate, gated]) as tf.SymbolicTensor,
    ]) as tf.SymbolicTensor;
  const features = then(
    joined,
    layers.maxPooling2d({ name: 'g', poolSize: [2, 1], strides: [1, 2], padding: 'same' }),
    layers.reLU({ name: 'h' }),
    layers.flatten({ name: 'flat' }),
    layers.dense({ name: 'i', units: 9, activation: 'elu' }),
    layers.batchNormalization({ name: 'i_bn' }),
    layers.dropout({ name: 'j', rate: 0.5 }),
    layers.dense({ name: 'k', units: 9, activation: 'selu' }),
    layers.dense({ name: 'flat/again', units: 9, activation: 'softplus' }),
    layers.dense({ name: 'l', units: 4 }),
    layers.activation({ name: 'probabilities', activation: 'softmax' }),
  );
  return tf.model({ inputs: image, outputs: features });
}
