import { ArgumentError } from '../errors.js';
import { convolutionCost, denseCost } from './cost/convolution.js';
import { cost, type LayerCost, requireCounts, unchanged } from './cost/layer-cost.js';
import { concatenateCost, mergeCost } from './cost/merge.js';
import { batchNormalizationCost } from './cost/normalization.js';
import { globalPoolingCost, poolingCost } from './cost/pooling.js';
import { flattenCost, paddingCost } from './cost/reshaping.js';
import type { LayerFactory, NamedConfig, Shape } from './factory.js';

/** A layer's cost under its name, and where it takes its inputs from. */
export interface TracedLayer extends LayerCost {
  readonly name: string;
  /** Names of the layers whose outputs it takes, in order. */
  readonly inputs: readonly string[];
}

/** Stands where a tensor would: nothing but a shape, without the batch dimension. */
export interface TracedTensor {
  readonly shape: Shape;
  /** Name of the layer that it is the output of. */
  readonly layer: string;
}

export interface Tracer {
  /** Begins a graph, as `tf.input` does. */
  readonly input: (config: NamedConfig & { readonly shape: Shape }) => TracedTensor;
  readonly layers: LayerFactory<TracedTensor>;
  /** The layers applied so far, in the order in which they were applied. */
  readonly traced: readonly TracedLayer[];
}

/**
 * Reads an architecture as shape arithmetic: what `jax.eval_shape` is to JAX. No tensor is allocated
 * and TensorFlow.js is not needed.
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
      throw new ArgumentError(`layer "${name}": expected a name of its own, got one used before`);
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
        // A momentum and an epsilon decide no shape.
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
