import { integer } from '../numbers.js';
import type { ComparedHead, HeadFit, HeadRecommendation } from './comparison.js';
import { type FoldMean, overFolds } from './over-folds.js';

/** A head that was trained. */
type Tried = ComparedHead & { readonly fit: HeadFit };

/** How much more accurate a head is than another, fold by fold. */
const lead = (head: Tried, other: Tried): FoldMean =>
  overFolds(
    head.fit.folds.map(
      ({ validationAccuracy }, fold) =>
        validationAccuracy - (other.fit.folds[fold]?.validationAccuracy ?? NaN),
    ),
  );

const tenths = (share: number): string => (100 * share).toFixed(1);

/** `3.1 points (95% interval 1.2 to 5.0)` */
const points = ({ mean, low, high }: FoldMean): string =>
  `${tenths(mean)} points (95% interval ${tenths(low)} to ${tenths(high)})`;

const isTried = (head: ComparedHead): head is Tried => head.fit != null;

/** Why the chosen head rather than the others. */
function reasonOf(choice: Tried, best: Tried, tried: readonly Tried[]): string {
  const size = `${integer(choice.head.params)} parameters`;
  if (choice !== best) {
    return (
      `The ${best.name} head was more accurate by ${points(lead(best, choice))}, which may be chance; ` +
      `the ${choice.name} head has ${size}, the ${best.name} head ${integer(best.head.params)}.`
    );
  }
  const smaller = tried.filter(({ head }) => head.params < choice.head.params);
  if (smaller.length === 0) {
    return `No head was more accurate, and none has fewer parameters: ${integer(choice.head.params)}.`;
  }
  const worse = smaller.map(
    (each) => `than the ${each.name} head by ${points(lead(choice, each))}`,
  );
  return `It was more accurate ${worse.join(' and ')}.`;
}

/**
 * Recommends the head with the fewest parameters among those that are not clearly less accurate than the most accurate one: the 95 %
 * interval of the difference includes 0.
 *
 * @returns undefined unless two or more heads were trained
 */
export function recommend(heads: readonly ComparedHead[]): HeadRecommendation | undefined {
  const tried = heads.filter(isTried);
  if (tried.length < 2) return undefined;
  const byAccuracy = [...tried].sort(
    (a, b) =>
      b.fit.validationAccuracy.mean - a.fit.validationAccuracy.mean ||
      a.head.params - b.head.params,
  );
  const [best] = byAccuracy;
  if (best === undefined) return undefined;
  const [choice = best] = tried
    .filter((each) => each === best || lead(best, each).low <= 0)
    .sort((a, b) => a.head.params - b.head.params);
  return { head: choice.name, reason: reasonOf(choice, best, tried) };
}
