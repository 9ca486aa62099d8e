import { denseHead, flattenedHead, type Head, pooledHead } from 'resnet-heads';

export const HIDDEN_UNITS = 1024;
/** Srivastava et al., JMLR 15, 2014. */
const DROPOUT = 0.5;

/** The heads of the study, in the order of its tables. */
export const HEADS = [
  'pooled',
  'max',
  'avgmax',
  'catavgmax',
  'pooled MLP',
  'flattened',
  'flattened, dropout',
  'dense map',
] as const;

export type StudyHead = (typeof HEADS)[number];

/** Those whose figures are on the page: without other kinds of pooling. */
export const SHOWN_HEADS: readonly StudyHead[] = [
  ...(['pooled', 'pooled MLP', 'flattened', 'flattened, dropout', 'dense map'] as const),
];

/**
 * A recipe for each. The pooled MLP and the flattened head differ in pooling only, where the pooled head also lacks the hidden
 * layer.
 */
export function studyHeads(numClasses: number, hiddenUnits: number): Record<StudyHead, Head> {
  const hidden = { numClasses, hiddenUnits };
  return {
    pooled: pooledHead({ numClasses }),
    max: pooledHead({ numClasses, pooling: 'max' }),
    avgmax: pooledHead({ numClasses, pooling: 'avgmax' }),
    catavgmax: pooledHead({ numClasses, pooling: 'catavgmax' }),
    'pooled MLP': denseHead({ ...hidden, pooling: 'avg' }),
    flattened: flattenedHead(hidden),
    'flattened, dropout': flattenedHead({ ...hidden, dropout: DROPOUT }),
    'dense map': denseHead(hidden),
  };
}
