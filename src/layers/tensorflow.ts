import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '../errors.js';
import type { LayerFactory, NamedConfig } from './factory.js';
import { glorotUniform } from './glorot-uniform.js';
import { hashText } from '../random.js';
import type { InitialWeights } from './initial-weights.js';

export interface LayerBuildOptions extends InitialWeights {
  /** Layer names that the model has already. */
  readonly taken?: Iterable<string>;
}

export interface LayerBuilder {
  readonly layers: LayerFactory<tf.SymbolicTensor>;
  /** Frees the weights of every layer built so far: for a build that fails half-way. */
  dispose(): void;
}

/**
 * A seed for one layer from the model's, by its name, so that equal shapes don't draw equal kernels and a
 * layer's draw doesn't depend on what else the model has.
 */
const layerSeed = (seed: number, name: string): number => hashText(`${seed}/${name}`);

/** `tf.layers` as a {@link LayerFactory}: the reading of an architecture that builds real layers. */
export function buildLayers(options: LayerBuildOptions = {}): LayerBuilder {
  const { weights = 'random', seed, taken = [] } = options;
  const names = new Set(taken);
  const built: tf.layers.Layer[] = [];

  // Said outright, since TensorFlow.js draws from a normal distribution where Keras draws from a
  // uniform one, and takes six times as long.
  const kernelInitializer = (name: string) =>
    weights === 'pending'
      ? tf.initializers.zeros()
      : glorotUniform(seed === undefined ? undefined : layerSeed(seed, name));

  const lift =
    <C extends NamedConfig>(create: (config: C) => tf.layers.Layer) =>
    (config: C) => {
      if (names.has(config.name)) {
        throw new ArgumentError(
          `layer "${config.name}": expected a name of its own, got one that the model has already; ` +
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
      // Once for each application: TensorFlow.js counts those, and frees at the last.
      for (const layer of built) layer.dispose();
    },
  };
}
