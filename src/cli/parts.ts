import { integer } from '../numbers.js';
import { drawTable } from '../report/format/table.js';
import { showList } from '../errors.js';
import { classesIn } from '../label-sets.js';
import type { Part, PictureSet } from '../pictures/set.js';
import type { Duplicates } from '../pictures/types.js';
import { printable } from '../printable.js';

/** A table with the number of training and validation pictures of each class. */
export function describeSet({ classes, train, validation, unused }: PictureSet): string {
  const countIn = (part: Part | undefined, label: number) =>
    integer(
      (part?.files ?? []).filter((file) => classesIn(file.label, part?.labelSets).includes(label))
        .length,
    );
  const columns = [
    { title: 'class' },
    { title: 'training', align: 'r' as const },
    { title: 'validation', align: 'r' as const },
  ];
  const rows = classes.map((name, label) => [
    name,
    countIn(train, label),
    countIn(validation, label),
  ]);
  if (train.labelSets !== undefined) {
    const of = (part: Part | undefined) => integer(part?.count ?? 0);
    rows.push(['pictures, with any labels', of(train), of(validation)]);
  }
  const lines = unused.map((path) => `${printable(path)}: not used for training or validation\n`);
  return `${drawTable({ columns, rows }, 'text')}\n${lines.join('')}\n`;
}

/** The number of groups, and of paths in each, that a warning names. */
const EXAMPLES = 3;

function describe(
  groups: readonly (readonly string[])[],
  [one, many]: readonly [one: string, many: string],
  consequence: string | readonly [one: string, many: string],
): string[] {
  if (groups.length === 0) return [];
  const examples = groups.slice(0, EXAMPLES).map((paths) => showList(paths, EXAMPLES));
  const more = groups.length > EXAMPLES ? '; …' : '';
  const what = groups.length === 1 ? one : `${groups.length} ${many}`;
  const [singular, plural] =
    typeof consequence === 'string' ? [consequence, consequence] : consequence;
  return [
    `warning: ${what}, ${groups.length === 1 ? singular : plural}: ${examples.join('; ')}${more}`,
  ];
}

export const describeAmbiguous = (
  groups: Duplicates['acrossClasses'],
  consequence: readonly [one: string, many: string] = ['and is left out', 'and are left out'],
): string[] =>
  describe(
    groups,
    ['1 picture is in several classes', 'pictures are in several classes'],
    consequence,
  );

/** One warning per kind of duplicate: how many there are, how they are used, and examples. */
export const describeDuplicates = ({ acrossClasses, acrossParts }: Duplicates): string[] => [
  ...describeAmbiguous(acrossClasses, [
    'and is left out (--multi-label keeps it with all labels)',
    'and are left out (--multi-label keeps them with all labels)',
  ]),
  ...describe(
    acrossParts,
    [
      '1 picture is both in training and in validation',
      'pictures are both in training and in validation',
    ],
    'and used for validation only',
  ),
];
