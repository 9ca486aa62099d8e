import { integer, percent, percentage } from '../numbers.js';
import type { ComparedHead, HeadFit, HeadRecommendation } from './comparison.js';
import { differenceOver, type FoldMean } from './over-folds.js';

/** A head that was trained. */
type Tried = ComparedHead & { readonly fit: HeadFit };

/** How much more accurate a head is than another. */
const lead = (head: Tried, other: Tried): FoldMean =>
  differenceOver(
    head.fit.folds.map(({ validationAccuracy: own }, fold) => [
      own,
      other.fit.folds[fold]?.validationAccuracy ?? NaN,
    ]),
    head.fit.folds.map(({ pictures }) => pictures),
  );

/** `3.1 points (95% interval 1.2 to 5.0)` */
const points = ({ mean, low, high }: FoldMean): string =>
  `${percentage(mean)} points (95% interval ${percentage(low)} to ${percentage(high)})`;

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

/** A sentence if a shift costs the chosen head clearly more than another one. */
function shiftOf(choice: Tried, tried: readonly Tried[]): string[] {
  const shifted = ({ fit }: Tried) => fit.shiftedAccuracy?.mean ?? 0;
  const [steady = choice] = [...tried].sort((a, b) => shifted(b) - shifted(a));
  const difference = differenceOver(
    steady.fit.folds.map(({ shiftedAccuracy: own = 0 }, fold) => [
      own,
      choice.fit.folds[fold]?.shiftedAccuracy ?? 0,
    ]),
    steady.fit.folds.map(({ pictures }) => pictures),
  );
  if (difference.low <= 0) return [];
  return [
    `On pictures moved by 1/8 of their width it gets ${percent(shifted(choice))}, the ${steady.name} head ${percent(shifted(steady))}: take that one if objects can be anywhere in the picture.`,
  ];
}

/**
 * Recommends the head with the fewest parameters among those that are not clearly less accurate than the most accurate one: the 95 %
 * interval of the difference includes 0.
 *
 * @param majority share of the largest class
 * @returns undefined unless two or more heads were trained
 */
export function recommend(
  heads: readonly ComparedHead[],
  majority = 0,
): HeadRecommendation | undefined {
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
  const reason = [reasonOf(choice, best, tried), ...shiftOf(choice, tried)].join(' ');
  if (choice.fit.validationAccuracy.low > majority) return { head: choice.name, reason };
  const doubt = `It isn't clearly better than always naming the largest class, which gets ${percent(majority)}: add pictures.`;
  return { head: choice.name, reason: `${reason} ${doubt}` };
}
