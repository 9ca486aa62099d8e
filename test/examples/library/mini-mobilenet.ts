import * as tf from '@tensorflow/tfjs';

/**
 * Filters and stride of each block, which is a depthwise convolution and one of 1 × 1, as in Howard et al. 2017
 * (arXiv 1704.04861), table 1. With fewer filters, random ones take different colours for one.
 */
const BLOCKS = [
  [32, 1],
  [32, 2],
  [32, 2],
] as const;

/** The beginning of a MobileNet v1 in small, its weights random: 32 × 32 pictures → `[4, 4, 32]`. */
export function miniMobilenet(): tf.LayersModel {
  let seed = 0;
  const init = () => tf.initializers.heUniform({ seed: (seed += 1) });
  // He's bound for the 9 inputs of a depthwise filter; TensorFlow.js takes those of all channels for its inputs.
  const bound = Math.sqrt(6 / 9);
  const depthwise = () =>
    tf.initializers.randomUniform({ minval: -bound, maxval: bound, seed: (seed += 1) });
  const input = tf.input({ shape: [32, 32, 3] });
  const ended = (x: tf.SymbolicTensor) =>
    tf.layers
      .reLU({ maxValue: 6 })
      .apply(tf.layers.batchNormalization().apply(x)) as tf.SymbolicTensor;
  const shared = { padding: 'same', useBias: false } as const;
  let x = ended(
    tf.layers
      .conv2d({ ...shared, filters: 16, kernelSize: 3, strides: 2, kernelInitializer: init() })
      .apply(input) as tf.SymbolicTensor,
  );
  for (const [filters, strides] of BLOCKS) {
    x = ended(
      tf.layers
        .depthwiseConv2d({ ...shared, kernelSize: 3, strides, depthwiseInitializer: depthwise() })
        .apply(x) as tf.SymbolicTensor,
    );
    x = ended(
      tf.layers
        .conv2d({ ...shared, filters, kernelSize: 1, kernelInitializer: init() })
        .apply(x) as tf.SymbolicTensor,
    );
  }
  return tf.model({ inputs: input, outputs: x, name: 'mini_mobilenet' });
}
