import { isObject } from '../../json.js';
import type { Shape } from '../factory.js';
import { cost, type LayerCost, misfit, type Subject, unchanged } from './layer-cost.js';

/** Keras 3's `x[..., 2]` and `x[..., ::-1]`, with which `preprocess_input` of ResNet and VGG reverses the channels. */
export function getItemCost(
  config: Subject & { readonly args?: unknown },
  shape: Shape,
): LayerCost {
  const key: unknown = Array.isArray(config.args) ? config.args[1] : undefined;
  const [ellipsis, index, more] = Array.isArray(key) ? (key as readonly unknown[]) : [];
  const isLastAxis =
    isObject(ellipsis) && ellipsis['class_name'] === '__ellipsis__' && more === undefined;
  if (isLastAxis && typeof index === 'number') return cost('GetItem', shape.slice(0, -1));
  const slice = isObject(index) && isObject(index['config']) ? index['config'] : {};
  if (isLastAxis && slice['step'] === -1) return unchanged('GetItem', shape);
  return misfit(config, 'GetItem', 'x[..., channel] or x[..., ::-1]', [shape]);
}

/** Keras 3's `stack`, on a new last axis. */
export function stackCost(
  config: Subject & { readonly axis?: number },
  shapes: readonly Shape[],
): LayerCost {
  const [first = []] = shapes;
  if (config.axis !== -1 || shapes.some((shape) => shape.join() !== first.join())) {
    misfit(config, 'Stack', 'inputs of the same shape, on axis -1', shapes);
  }
  return cost('Stack', [...first, shapes.length]);
}
