import { resnetFeatures } from '../base/architecture.js';
import { resolveShapeOptions, type ResnetShapeOptions, SHAPE_NAMES } from '../base/options.js';
import { requireKnown, requireOptions } from '../errors.js';
import { chooseHead, type HeadChoice, OWN_NAMES } from '../head/choose.js';
import { HEAD_NAMES } from '../head/head.js';
import type { Shape } from '../layers/factory.js';
import { createTracer } from '../layers/trace.js';
import { type LayerStats, total, toStats, type Totals } from './stats.js';

export type PlanOptions = ResnetShapeOptions & HeadChoice;

/** A layer of a plan. */
export interface PlannedLayer extends LayerStats {
  readonly macs: number;
  readonly flops: number;
  readonly part: 'base' | 'head';
}

/** The costs of a ResNet with a head. Shapes have no batch dimension. */
export interface Plan {
  readonly kind: 'plan';
  readonly depth: number;
  readonly variant: string;
  readonly headName: string;
  readonly inputShape: Shape;
  /** The base's output and the head's input, `[h, w, c]`. */
  readonly featureShape: Shape;
  readonly outputShape: Shape;
  readonly base: Totals;
  readonly head: Totals;
  readonly totals: Totals;
  /** The head's share of all parameters, 0 to 1. */
  readonly headShare: number;
  /** The layers of the base, then those of the head. */
  readonly layers: readonly PlannedLayer[];
}

/** Checks the options' names, which depend on the head. */
export function requirePlanOptions(subject: string, options: PlanOptions): void {
  requireOptions(subject, options);
  const { head } = options;
  const own = typeof head === 'object' ? {} : { ...HEAD_NAMES, ...OWN_NAMES[head] };
  requireKnown<object>(subject, options, { head: true, ...own, ...SHAPE_NAMES });
}

/**
 * Calculates what a ResNet with a head costs: parameters, MACs, FLOPs, weight bytes and shapes.
 *
 * Runs the same definition that builds the model, with shapes instead of tensors: allocates nothing and needs no backend.
 * `resnet-heads/plan` exports it without importing TensorFlow.js.
 *
 * @example planResnet({ head: 'flattened', numClasses: 10 }).head.params // 102771722
 * @throws ArgumentError if an option is out of range, or a head doesn't fit the base's features
 */
export function planResnet(options: PlanOptions): Plan {
  requirePlanOptions('options', options);
  const { depth: named, variant: version, inputShape: size, ...choice } = options;
  const { depth, variant, inputShape } = resolveShapeOptions({
    depth: named,
    variant: version,
    inputShape: size,
  });
  const head = chooseHead(choice);

  const { input, layers, traced } = createTracer();
  const features = resnetFeatures(layers, input({ name: 'input', shape: inputShape }), {
    depth,
    variant,
  });
  const seam = traced.length;
  const output = head.apply(layers, features);

  const all = total(traced);
  const ofHead = total(traced.slice(seam));
  return {
    kind: 'plan',
    depth,
    variant,
    headName: head.name,
    inputShape,
    featureShape: features.shape,
    outputShape: output.shape,
    base: total(traced.slice(0, seam)),
    head: ofHead,
    totals: all,
    headShare: ofHead.params / all.params,
    layers: traced.map((layer, index) => ({
      ...toStats(layer, all.params),
      part: index < seam ? 'base' : 'head',
    })),
  };
}
