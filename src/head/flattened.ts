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

/** The options in addition to {@link HeadOptions}. */
export const FLATTENED_NAMES: Names<Omit<FlattenedHeadOptions, keyof HeadOptions>> = {
  hiddenUnits: true,
};

/**
 * Creates a head that flattens the map into one vector, followed by two dense layers: `[h, w, c]` → `[h·w·c]` →
 * `[hiddenUnits]` → `[numClasses]`.
 *
 * It has a weight for each position, channel and hidden unit: 102,771,722 parameters for a 7×7×2048 map, 1,024 hidden
 * units and 10 classes, four times as many as ResNet-50. It works with one input size only.
 *
 * @throws ArgumentError if an option is out of range
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
