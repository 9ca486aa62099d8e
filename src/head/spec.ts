import { reject, requireKnown, requireOptions } from '../errors.js';
import { chooseHead, type HeadName, isHeadName, OWN_NAMES } from './choose.js';
import type { DenseHeadOptions } from './dense.js';
import type { FlattenedHeadOptions } from './flattened.js';
import { type Head, isHead } from './head.js';
import type { PooledHeadOptions } from './pooled.js';

/** A head whose number of classes follows from the pictures: a name, a name with its options, or a recipe. */
export type HeadSpec =
  | HeadName
  | ({ readonly name: 'pooled' } & Omit<PooledHeadOptions, 'numClasses'>)
  | ({ readonly name: 'flattened' } & Omit<FlattenedHeadOptions, 'numClasses'>)
  | ({ readonly name: 'dense' } & Omit<DenseHeadOptions, 'numClasses'>)
  | Head;

/**
 * The head that is meant.
 *
 * @throws ArgumentError where it is none
 */
export function headFor(spec: HeadSpec, numClasses: number): Head {
  if (isHead(spec)) return spec;
  if (typeof spec === 'string') return chooseHead({ head: spec, numClasses });
  requireOptions('head', spec);
  if ('numClasses' in spec) {
    reject('head.numClasses', 'none, as the classes say it', spec.numClasses, 'leave it out');
  }
  const { name, ...options } = spec;
  if (isHeadName(name)) {
    const names = { name: true, dropout: true, activation: true, ...OWN_NAMES[name] };
    requireKnown<object>('head', spec, names);
  }
  // The name decides which options there are.
  return chooseHead({ ...options, head: name, numClasses } as Parameters<typeof chooseHead>[0]);
}
