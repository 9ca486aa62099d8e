import type { Shape } from '../factory.js';
import { cost, type LayerCost, misfit, type Subject } from './layer-cost.js';

/** An elementwise operation, which broadcasts sizes of 1 like NumPy. */
export function mergeCost(type: string, config: Subject, shapes: readonly Shape[]): LayerCost {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  if (shapes.length === 0) misfit(config, type, 'inputs', shapes);
  const merged = Array.from({ length: rank }, (_, axis) => {
    const sizes = new Set(shapes.map((shape) => shape[axis - rank + shape.length] ?? 1));
    sizes.delete(1);
    if (sizes.size > 1) misfit(config, type, 'inputs of the same shape', shapes);
    return [...sizes][0] ?? 1;
  });
  return cost(type, merged);
}

export function concatenateCost(
  config: Subject & {
    /** Counted from 0, including the batch, or from the end. @default the last */
    readonly axis?: number;
  },
  shapes: readonly Shape[],
): LayerCost {
  const [first = []] = shapes;
  const { axis = -1 } = config;
  const joint = axis < 0 ? first.length + axis : axis - 1;
  const others = (shape: Shape) => shape.filter((_, i) => i !== joint).join();
  const alike = shapes.every(
    (shape) => shape.length === first.length && others(shape) === others(first),
  );
  if (first[joint] === undefined || !alike) {
    const where = joint === first.length - 1 ? 'their last axis' : `axis ${axis}`;
    return misfit(config, 'Concatenate', `inputs that differ only in ${where}`, shapes);
  }
  const joined = shapes.reduce((sum, shape) => sum + (shape[joint] ?? 0), 0);
  return cost(
    'Concatenate',
    first.map((size, i) => (i === joint ? joined : size)),
  );
}
