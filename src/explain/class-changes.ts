import { showList } from '../errors.js';
import { integer, percent, percentage } from '../numbers.js';
import { intervalOf } from './interval.js';

/** What became of a class of an earlier classifier, on the pictures of it that were held out when that was trained. */
export interface ClassChange {
  readonly className: string;
  /** How many pictures it had for training and validation before, and how many it has now. */
  readonly pictures: { readonly before: number; readonly now: number };
  /** How many held-out pictures both classifiers were measured on: those that have kept their label. */
  readonly heldOut: number;
  /** How many of them the earlier classifier and the new one recognise. */
  readonly right: { readonly before: number; readonly now: number };
  /** How many only the new one recognises. */
  readonly gained: number;
  /** How many only the earlier one recognises. */
  readonly lost: number;
}

/** The columns of {@link changeRows}; all but the first hold numbers. */
export const CHANGE_TITLES = [
  ...['old class', 'pictures before', 'pictures now', 'held out'],
  ...['accuracy before', 'accuracy now', 'change'],
] as const;

/** A difference of shares in points, with its sign. */
function points(share: number): string {
  const rounded = percentage(share);
  if (Number(rounded) === 0) return '0.0';
  return rounded.startsWith('-') ? rounded.replace('-', '−') : `+${rounded}`;
}

/** A table of changes, class by class. */
export const changeRows = (changes: readonly ClassChange[]): string[][] =>
  changes.map(({ className, pictures, heldOut, right }) => {
    const shares =
      heldOut === 0
        ? ['—', '—', '—']
        : [
            percent(right.before / heldOut),
            percent(right.now / heldOut),
            points((right.now - right.before) / heldOut),
          ];
    return [className, ...[pictures.before, pictures.now, heldOut].map(integer), ...shares];
  });

const withInterval = (right: number, total: number): string =>
  `${percent(right / total)} (95 % interval ${intervalOf(right, total).map(percent).join(' to ')})`;

/** What the changes of all classes come to, in sentences. */
export function changeLines(changes: readonly ClassChange[]): string[] {
  const sum = (value: (each: ClassChange) => number) =>
    changes.reduce((total, each) => total + value(each), 0);
  const total = sum(({ heldOut }) => heldOut);
  if (total === 0) {
    return [
      'No held-out picture of the old classes has the label that it had: their accuracy is unknown.',
    ];
  }
  const before = withInterval(
    sum(({ right }) => right.before),
    total,
  );
  const now = withInterval(
    sum(({ right }) => right.now),
    total,
  );
  const [gained, lost] = [sum((each) => each.gained), sum((each) => each.lost)];
  const worse = changes.filter((each) => each.lost > each.gained).map((each) => each.className);
  const unmeasured = changes.filter(({ heldOut }) => heldOut === 0).map((each) => each.className);
  return [
    `Accuracy of the old classes: ${before} before, ${now} now.`,
    `Of the same ${integer(total)} held-out pictures, ${integer(gained)} became right and ${integer(lost)} wrong.`,
    ...(unmeasured.length === 0
      ? []
      : [
          `The accuracy of ${showList(unmeasured)} is unknown: no held-out picture has the label that it had.`,
        ]),
    ...(worse.length === 0 ? [] : [`More became wrong than right in ${showList(worse)}.`]),
  ];
}
