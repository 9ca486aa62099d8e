import { reject } from '../errors.js';
import { DENSE_NAMES, denseHead, type DenseHeadOptions } from './dense.js';
import { FLATTENED_NAMES, flattenedHead, type FlattenedHeadOptions } from './flattened.js';
import { type Head, isHead } from './head.js';
import { POOLED_NAMES, pooledHead, type PooledHeadOptions } from './pooled.js';

/** The names of the built-in heads. */
export type HeadName = 'pooled' | 'flattened' | 'dense';

/** A head by name with the options of its function, such as `pooledHead`, or a head, which can be one of your own. */
export type HeadChoice =
  | ({ readonly head: 'pooled' } & PooledHeadOptions)
  | ({ readonly head: 'flattened' } & FlattenedHeadOptions)
  | ({ readonly head: 'dense' } & DenseHeadOptions)
  | { readonly head: Head };

/** The names of each head's own options. */
export const OWN_NAMES = {
  pooled: POOLED_NAMES,
  flattened: FLATTENED_NAMES,
  dense: DENSE_NAMES,
} as const;

/** Whether a value is the name of a head. */
export const isHeadName = (value: unknown): value is HeadName =>
  typeof value === 'string' && Object.hasOwn(OWN_NAMES, value);

/** Makes the chosen head. */
export function chooseHead(choice: HeadChoice): Head {
  const { head, ...options } = choice;
  // The name decides which options there are.
  switch (head) {
    case 'pooled':
      return pooledHead(options as PooledHeadOptions);
    case 'flattened':
      return flattenedHead(options as FlattenedHeadOptions);
    case 'dense':
      return denseHead(options as DenseHeadOptions);
  }
  // JavaScript callers can pass anything.
  if (!isHead(head)) {
    reject('head', '"pooled", "flattened", "dense" or a head such as pooledHead() returns', head);
  }
  return head;
}
