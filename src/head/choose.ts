import { reject } from '../errors.js';
import { denseHead, type DenseHeadOptions } from './dense.js';
import { flattenedHead, type FlattenedHeadOptions } from './flattened.js';
import { type Head, isHead } from './head.js';
import { pooledHead, type PooledHeadOptions } from './pooled.js';

/** The heads by name. `planResnet` and the builders take the same options under the same name. */
export type HeadName = 'pooled' | 'flattened' | 'dense';

/** A head by name with its builder's options, or any head made before, one of your own included. */
export type HeadChoice =
  | ({ readonly head: 'pooled' } & PooledHeadOptions)
  | ({ readonly head: 'flattened' } & FlattenedHeadOptions)
  | ({ readonly head: 'dense' } & DenseHeadOptions)
  | { readonly head: Head };

/** The head that a choice stands for. */
export function chooseHead(choice: HeadChoice): Head {
  switch (choice.head) {
    case 'pooled':
      return pooledHead(choice);
    case 'flattened':
      return flattenedHead(choice);
    case 'dense':
      return denseHead(choice);
  }
  const { head } = choice;
  // JavaScript callers can hand in anything.
  if (!isHead(head)) {
    reject('head', '"pooled", "flattened", "dense" or a head such as pooledHead() returns', head);
  }
  return head;
}
