import { denseHead, flattenedHead, type Head, pooledHead } from 'resnet-heads';

/** The heads of the study, in the order of its tables. */
export const HEADS = [
  'pooled',
  'pooled MLP',
  'flattened',
  'flattened, dropout',
  'dense map',
] as const;

export type StudyHead = (typeof HEADS)[number];

/** Of hidden units, as Srivastava et al. recommend (JMLR 15, 2014). */
const DROPOUT = 0.5;

/**
 * A recipe for each. The pooled MLP and the flattened head are alike but for pooling: what lies between them is
 * pooling's doing alone, where the pooled head also lacks the hidden layer.
 *
 * @param hiddenUnits @default 1024
 */
export function studyHeads(numClasses: number, hiddenUnits?: number): Record<StudyHead, Head> {
  const hidden = hiddenUnits === undefined ? {} : { hiddenUnits };
  const options = { numClasses, ...hidden };
  return {
    pooled: pooledHead({ numClasses }),
    'pooled MLP': denseHead({ ...options, pooling: 'avg' }),
    flattened: flattenedHead(options),
    'flattened, dropout': flattenedHead({ ...options, dropout: DROPOUT }),
    'dense map': denseHead(options),
  };
}
