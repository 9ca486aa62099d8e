import { reject } from '../errors.js';
import { DENSE_NAMES, denseHead, type DenseHeadOptions } from './dense.js';
import { FLATTENED_NAMES, flattenedHead, type FlattenedHeadOptions } from './flattened.js';
import { type Head, isHead } from './head.js';
import { POOLED_NAMES, pooledHead, type PooledHeadOptions } from './pooled.js';

/** The heads by name. `planResnet` and the builders take the same options under the same name. */
export type HeadName = 'pooled' | 'flattened' | 'dense';

/** A head by name with its builder's options, or any head made before, one of your own included. */
export type HeadChoice =
  | ({ readonly head: 'pooled' } & PooledHeadOptions)
  | ({ readonly head: 'flattened' } & FlattenedHeadOptions)
  | ({ readonly head: 'dense' } & DenseHeadOptions)
  | { readonly head: Head };

/** What a head by name takes beside what all of them do. */
export const OWN_NAMES = {
  pooled: POOLED_NAMES,
  flattened: FLATTENED_NAMES,
  dense: DENSE_NAMES,
} as const;

/** Whether `value`, which may come from JavaScript, names a head. */
export const isHeadName = (value: unknown): value is HeadName =>
  typeof value === 'string' && Object.hasOwn(OWN_NAMES, value);

/** The head that a choice stands for. */
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
  // JavaScript callers can hand in anything.
  if (!isHead(head)) {
    reject('head', '"pooled", "flattened", "dense" or a head such as pooledHead() returns', head);
  }
  return head;
}
