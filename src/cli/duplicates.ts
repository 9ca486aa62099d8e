import { showList } from '../errors.js';
import type { Duplicates } from '../node/images/duplicates.js';

/** How many of them are named. */
const EXAMPLES = 3;

function describe(
  groups: readonly (readonly string[])[],
  [one, many]: readonly [one: string, many: string],
  consequence: string,
): string[] {
  if (groups.length === 0) return [];
  const examples = groups.slice(0, EXAMPLES).map((paths) => showList(paths, EXAMPLES));
  const more = groups.length > EXAMPLES ? '; …' : '';
  const what = groups.length === 1 ? one : `${groups.length} ${many}`;
  return [`warning: ${what}, ${consequence}: ${examples.join('; ')}${more}`];
}

export const describeAmbiguous = (groups: Duplicates['acrossClasses']): string[] =>
  describe(
    groups,
    ['1 picture is in several classes', 'pictures are in several classes'],
    'and left out',
  );

/** A warning for each kind of duplicates: how many there are, what becomes of them, and the first of them. */
export const describeDuplicates = ({ acrossClasses, acrossParts }: Duplicates): string[] => [
  ...describeAmbiguous(acrossClasses),
  ...describe(
    acrossParts,
    [
      '1 picture is both in training and in validation',
      'pictures are both in training and in validation',
    ],
    'and used for validation only',
  ),
];
