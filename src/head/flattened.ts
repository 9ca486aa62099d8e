import { type Names, requireKnown } from '../errors.js';
import {
  classify,
  type Head,
  HEAD_NAMES,
  type HeadOptions,
  hidden,
  type HiddenOptions,
  resolveHeadOptions,
  resolveHiddenUnits,
} from './head.js';

export interface FlattenedHeadOptions extends HeadOptions, HiddenOptions {}

/** What it takes beside {@link HeadOptions}. */
export const FLATTENED_NAMES: Names<Omit<FlattenedHeadOptions, keyof HeadOptions>> = {
  hiddenUnits: true,
};

/**
 * The map as one long vector, then two dense layers: `[h, w, c]` → `[h·w·c]` → `[hiddenUnits]` →
 * `[numClasses]`.
 *
 * A weight for each position, channel and hidden unit: 102,771,722 for a 7×7×2048 map, 1,024 hidden
 * units and 10 classes, four times the ResNet-50 below it. It fits one input size only.
 *
 * @throws ArgumentError on an option out of range
 */
export function flattenedHead(options: FlattenedHeadOptions): Head {
  requireKnown<FlattenedHeadOptions>('options', options, { ...HEAD_NAMES, ...FLATTENED_NAMES });
  const shared = resolveHeadOptions(options);
  const hiddenUnits = resolveHiddenUnits(options);
  return {
    name: 'flattened',
    apply: (layers, features) => {
      const vector = layers.flatten({ name: 'flatten' })(features);
      return classify(layers, hidden(layers, vector, hiddenUnits), shared);
    },
  };
}
