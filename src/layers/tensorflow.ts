import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';
import type { LayerFactory, NamedConfig } from './factory.js';
import { glorotUniform } from './glorot-uniform.js';
import { hashText } from '../random.js';
import type { InitialWeights } from './initial-weights.js';

export interface LayerBuildOptions extends InitialWeights {
  /** Layer names that are already used in the model. */
  readonly taken?: Iterable<string>;
}

export interface LayerBuilder {
  readonly layers: LayerFactory<tf.SymbolicTensor>;
  /** Frees the weights of all layers built so far, after a build that failed. */
  dispose(): void;
}

/**
 * Derives a layer's seed from the model's seed and the layer's name, so that layers of equal shape get different kernels, which don't depend
 * on the other layers.
 */
const layerSeed = (seed: number, name: string): number => hashText(`${seed}/${name}`);

/** `tf.layers` as a {@link LayerFactory}, which builds real layers. */
export function buildLayers(options: LayerBuildOptions = {}): LayerBuilder {
  const { weights = 'random', seed, taken = [] } = options;
  const names = new Set(taken);
  const built: tf.layers.Layer[] = [];

  // Set explicitly: TensorFlow.js's default is glorotNormal, which differs from Keras's and takes six times as long.
  const kernelInitializer = (name: string) =>
    weights === 'pending'
      ? tf.initializers.zeros()
      : glorotUniform(seed === undefined ? undefined : layerSeed(seed, name));

  const lift =
    <C extends NamedConfig>(create: (config: C) => tf.layers.Layer) =>
    (config: C) => {
      if (names.has(config.name)) {
        throw new ArgumentError(
          `layer "${config.name}": expected a unique name, got one that the model already has; ` +
            'cut the model at its feature map first, or rename the layer',
        );
      }
      names.add(config.name);
      const layer = create(config);
      return (x: tf.SymbolicTensor | readonly tf.SymbolicTensor[]) => {
        const y = layer.apply(x as tf.SymbolicTensor | tf.SymbolicTensor[]) as tf.SymbolicTensor;
        built.push(layer);
        return y;
      };
    };

  return {
    layers: {
      activation: lift((config) => tf.layers.activation(config)),
      add: lift((config) => tf.layers.add(config)),
      average: lift((config) => tf.layers.average(config)),
      batchNormalization: lift((config) => tf.layers.batchNormalization(config)),
      concatenate: lift((config) => tf.layers.concatenate(config)),
      conv2d: lift((config) =>
        tf.layers.conv2d({ ...config, kernelInitializer: kernelInitializer(config.name) }),
      ),
      dense: lift((config) =>
        tf.layers.dense({ ...config, kernelInitializer: kernelInitializer(config.name) }),
      ),
      dropout: lift((config) => tf.layers.dropout(config)),
      flatten: lift((config) => tf.layers.flatten(config)),
      globalAveragePooling2d: lift((config) => tf.layers.globalAveragePooling2d(config)),
      globalMaxPooling2d: lift((config) => tf.layers.globalMaxPooling2d(config)),
      maxPooling2d: lift((config) => tf.layers.maxPooling2d(config)),
      zeroPadding2d: lift((config) => tf.layers.zeroPadding2d(config)),
    },
    dispose() {
      // Once per call of the layer: TensorFlow.js counts references, and frees the weights with the last one.
      for (const layer of built) layer.dispose();
    },
  };
}
