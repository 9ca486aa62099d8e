import { reject, requireKnown, requireOptions } from '../errors.js';
import { chooseHead, type HeadName, isHeadName, OWN_NAMES } from './choose.js';
import type { DenseHeadOptions } from './dense.js';
import type { FlattenedHeadOptions } from './flattened.js';
import { type Head, isHead } from './head.js';
import type { PooledHeadOptions } from './pooled.js';

/** A head for pictures: its name, its name with options, or a head. With a name, `numClasses` follows from the pictures. */
export type HeadSpec =
  | HeadName
  | ({ readonly name: 'pooled' } & Omit<PooledHeadOptions, 'numClasses'>)
  | ({ readonly name: 'flattened' } & Omit<FlattenedHeadOptions, 'numClasses'>)
  | ({ readonly name: 'dense' } & Omit<DenseHeadOptions, 'numClasses'>)
  | Head;

/** @throws ArgumentError if `spec` is not a head or its options are wrong */
export function headFor(spec: HeadSpec, numClasses: number): Head {
  if (isHead(spec)) return spec;
  if (typeof spec === 'string') return chooseHead({ head: spec, numClasses });
  requireOptions('head', spec);
  if ('numClasses' in spec) {
    reject(
      'head.numClasses',
      'none, as it follows from the classes',
      spec.numClasses,
      'leave it out',
    );
  }
  const { name, ...options } = spec;
  if (isHeadName(name)) {
    const names = { name: true, dropout: true, activation: true, ...OWN_NAMES[name] };
    requireKnown<object>('head', spec, names);
  }
  return chooseHead({ ...options, head: name, numClasses } as Parameters<typeof chooseHead>[0]);
}

/**
 * A head for pictures with several labels: one that is given by name ends in sigmoids.
 *
 * @throws ArgumentError if another activation is asked for
 */
export function withSigmoid(spec: HeadSpec): HeadSpec {
  if (isHead(spec)) return spec;
  if (typeof spec === 'string') return { name: spec, activation: 'sigmoid' } as HeadSpec;
  requireOptions('head', spec);
  const { activation = 'sigmoid' } = spec;
  if (activation === 'sigmoid') return { ...spec, activation };
  reject('head.activation', "'sigmoid' with multiLabel", activation, 'omit it');
}
