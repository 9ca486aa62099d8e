import { ArgumentError } from '../errors.js';
import { convolutionCost, denseCost } from './cost/convolution.js';
import { cost, type LayerCost, requireCounts, unchanged } from './cost/layer-cost.js';
import { concatenateCost, mergeCost } from './cost/merge.js';
import { batchNormalizationCost } from './cost/normalization.js';
import { globalPoolingCost, poolingCost } from './cost/pooling.js';
import { flattenCost, paddingCost } from './cost/reshaping.js';
import type { LayerFactory, NamedConfig, Shape } from './factory.js';

/** A layer's name, cost and inputs. */
export interface TracedLayer extends LayerCost {
  readonly name: string;
  /** Names of the layers that give its inputs, in order. */
  readonly inputs: readonly string[];
}

/** The shape of a layer's output, without the batch dimension, in place of a tensor. */
export interface TracedTensor {
  readonly shape: Shape;
  readonly layer: string;
}

export interface Tracer {
  /** Adds an input, like `tf.input`. */
  readonly input: (config: NamedConfig & { readonly shape: Shape }) => TracedTensor;
  readonly layers: LayerFactory<TracedTensor>;
  /** The layers called so far, in the order of the calls. */
  readonly traced: readonly TracedLayer[];
}

/**
 * Creates a {@link LayerFactory} that computes shapes and costs only, like `jax.eval_shape`. It allocates no tensors and doesn't need
 * TensorFlow.js.
 */
export function createTracer(): Tracer {
  const traced: TracedLayer[] = [];
  const names = new Set<string>();

  const record = (
    { name }: NamedConfig,
    layer: LayerCost,
    inputs: readonly TracedTensor[],
  ): TracedTensor => {
    if (names.has(name)) {
      throw new ArgumentError(
        `layer "${name}": expected a unique name, got one that is already used`,
      );
    }
    requireCounts({ name }, layer);
    names.add(name);
    traced.push({ name, ...layer, inputs: inputs.map((input) => input.layer) });
    return { shape: layer.outputShape, layer: name };
  };

  const op =
    <C extends NamedConfig>(costOf: (config: C, shape: Shape) => LayerCost) =>
    (config: C) =>
    (x: TracedTensor) =>
      record(config, costOf(config, x.shape), [x]);

  const merge =
    (costOf: (config: NamedConfig, shapes: readonly Shape[]) => LayerCost) =>
    (config: NamedConfig) =>
    (xs: readonly TracedTensor[]) =>
      record(
        config,
        costOf(
          config,
          xs.map((x) => x.shape),
        ),
        xs,
      );

  return {
    traced,
    input: (config) => record(config, cost('InputLayer', config.shape), []),
    layers: {
      activation: op((_, shape) => unchanged('Activation', shape)),
      add: merge((config, shapes) => mergeCost('Add', config, shapes)),
      average: merge((config, shapes) => mergeCost('Average', config, shapes)),
      batchNormalization: op((config, shape) =>
        // Momentum and epsilon don't affect the cost.
        batchNormalizationCost({ name: config.name }, shape),
      ),
      concatenate: merge(({ name }, shapes) => concatenateCost({ name }, shapes)),
      conv2d: op((config, shape) => convolutionCost('Conv2D', config, shape, 2)),
      dense: op(denseCost),
      dropout: op((_, shape) => unchanged('Dropout', shape)),
      flatten: op((_, shape) => flattenCost(shape)),
      globalAveragePooling2d: op(({ name }, shape) =>
        globalPoolingCost('GlobalAveragePooling2D', { name }, shape, 2),
      ),
      globalMaxPooling2d: op(({ name }, shape) =>
        globalPoolingCost('GlobalMaxPooling2D', { name }, shape, 2),
      ),
      maxPooling2d: op((config, shape) => poolingCost('MaxPooling2D', config, shape, 2)),
      zeroPadding2d: op((config, shape) => paddingCost('ZeroPadding2D', config, shape, 2)),
    },
  };
}
