import * as tf from '@tensorflow/tfjs';

export interface SmallBaseOptions {
  readonly activation?: 'relu' | 'elu';
  readonly strides?: number;
  readonly padding?: 'same' | 'valid';
  readonly epsilon?: number;
  readonly size?: number;
  /** Cut behind this layer. */
  readonly cut?: 'scored' | 'joined';
  /** Of the two branches that are joined. */
  readonly order?: 'ab' | 'ba';
}

let made = 0;

/** A base whose weights are the same whatever the options are, and whose layers have other names each time. */
export function smallBase({
  activation = 'relu',
  strides = 1,
  padding = 'same',
  epsilon = 0.001,
  size = 32,
  cut = 'scored',
  order = 'ab',
}: SmallBaseOptions = {}): tf.LayersModel {
  const mark = `_${(made += 1)}`;
  const kernel = (seed: number) =>
    ({ kernelInitializer: tf.initializers.randomNormal({ seed }), padding }) as const;
  const image = tf.input({ shape: [size, size, 3], name: `image${mark}` });
  const stem = tf.layers
    .conv2d({ filters: 4, kernelSize: 3, strides, name: `stem${mark}`, ...kernel(1) })
    .apply(image);
  const normed = tf.layers.batchNormalization({ epsilon, name: `bn${mark}` }).apply(stem);
  const branches = ['a', 'b'].map((name) =>
    name === 'a'
      ? tf.layers.activation({ activation, name: `a${mark}` }).apply(normed)
      : tf.layers.activation({ activation: 'sigmoid', name: `b${mark}` }).apply(normed),
  ) as tf.SymbolicTensor[];
  const joined = tf.layers
    .concatenate({ name: `joined${mark}` })
    .apply(order === 'ab' ? branches : [...branches].reverse());
  const scored = tf.layers.activation({ activation: 'tanh', name: `scored${mark}` }).apply(joined);
  const outputs = (cut === 'joined' ? joined : scored) as tf.SymbolicTensor;
  return tf.model({ inputs: image, outputs });
}

/** What distinguishes a base from {@link smallBase} without options, though its weights are the same. */
export const OTHER_BASES: readonly (readonly [what: string, options: SmallBaseOptions])[] = [
  ['cut', { cut: 'joined' }],
  ['activation', { activation: 'elu' }],
  ['strides', { strides: 2 }],
  ['padding', { padding: 'valid' }],
  ['epsilon', { epsilon: 0.1 }],
  ['wiring', { order: 'ba' }],
];
