import type { Shape } from '../factory.js';
import { cost, type LayerCost, type Subject, volume } from './layer-cost.js';

/** An axis, counted from 0, including the batch, or from the end. */
type Axis = number | readonly number[];

interface NormalizationConfig extends Subject {
  /** @default the last */
  readonly axis?: Axis;
  /** Whether the layer learns an offset. @default true */
  readonly center?: boolean;
  /** Whether the layer learns a factor. @default true */
  readonly scale?: boolean;
}

/** The product of the sizes of the axes. */
function along(axis: Axis, shape: Shape): number {
  const axes = typeof axis === 'number' ? [axis] : axis;
  return volume(axes.map((each) => shape.at(each < 0 ? each : each - 1) ?? NaN));
}

const learned = ({ center = true, scale = true }: NormalizationConfig): number =>
  Number(center) + Number(scale);

export function batchNormalizationCost(config: NormalizationConfig, shape: Shape): LayerCost {
  const channels = along(config.axis ?? -1, shape);
  const trainableParams = learned(config) * channels;
  // The moving mean and variance are not trainable.
  const params = trainableParams + 2 * channels;
  return cost('BatchNormalization', shape, { params, trainableParams });
}

export function layerNormalizationCost(config: NormalizationConfig, shape: Shape): LayerCost {
  return cost('LayerNormalization', shape, {
    params: learned(config) * along(config.axis ?? -1, shape),
  });
}

export function groupNormalizationCost(config: NormalizationConfig, shape: Shape): LayerCost {
  return cost('GroupNormalization', shape, {
    params: learned(config) * along(config.axis ?? -1, shape),
  });
}

/** Keras's preprocessing layer, whose weights are a mean, a variance and a count, set by `adapt`. */
export function normalizationCost(
  config: Subject & { readonly axis?: Axis | null; readonly mean?: unknown },
  shape: Shape,
): LayerCost {
  // A mean and variance that are given as options are not weights.
  if (config.mean !== undefined && config.mean !== null) return cost('Normalization', shape);
  const axis = config.axis === undefined ? -1 : (config.axis ?? []);
  return cost('Normalization', shape, { params: 2 * along(axis, shape) + 1, trainableParams: 0 });
}

export function preluCost(
  config: Subject & { readonly sharedAxes?: readonly number[] | null },
  shape: Shape,
): LayerCost {
  const shared = new Set(config.sharedAxes ?? []);
  return cost('PReLU', shape, { params: volume(shape.filter((_, axis) => !shared.has(axis + 1))) });
}
