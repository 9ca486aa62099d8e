import type { Earlier } from '../classifier/earlier.js';
import type { Grown, GrowOptions } from '../classifier/grow.js';
import type { ClassChange, Classifier } from '../classifier/types.js';
import { showList } from '../errors.js';
import { intervalOf } from '../explain/interval.js';
import { integer, percent } from '../numbers.js';
import { drawTable } from '../report/format/table.js';
import type { FitHeadOptions } from '../train/fit-options.js';
import { chooseBackend } from './backend.js';
import { readClassifier } from './load.js';
import { type Terminal, warnTo } from './terminal.js';

/** What `--from` gives to train on. */
export interface Joined extends Grown {
  readonly backend: string;
  /** Whether Adam trains the head. */
  readonly isAdam: boolean;
  /** Where the pictures of the earlier classifier come from. */
  readonly told: string;
  /** What became of its classes. */
  readonly describe: (classifier: Classifier) => string;
  readonly dispose: () => void;
}

function describeEarlier(source: string, { counts, cached }: Earlier): string {
  const all = counts.reduce((total, count) => total + count, 0);
  return `${source}: ${integer(all)} pictures, ${integer(all - cached)} of them found again, ${integer(cached)} in the cache`;
}

/** Loads the classifier of `--from`, and joins its pictures with new ones. */
export async function openJoined(
  terminal: Terminal,
  source: string,
  pictures: string,
  options: GrowOptions & Omit<FitHeadOptions, 'validation'>,
): Promise<Joined> {
  const { validation: _, ...solving } = options;
  const backend = await chooseBackend(terminal);
  const classifier = await readClassifier(terminal, source);
  try {
    const [{ growLesson }, { solverFor }] = await Promise.all([
      import('../classifier/grow.js'),
      import('../train/fit-options.js'),
    ]);
    const onWarning = warnTo(terminal);
    const grown = await growLesson(classifier, pictures, { ...options, onWarning });
    const { backbone, earlier } = grown;
    return {
      ...{ ...grown, backend },
      isAdam: solverFor(earlier.head, backbone.featureShape, solving) === 'adam',
      told: describeEarlier(source, earlier),
      describe: ({ training }) => `${describeChanges(training?.changes ?? [])}\n`,
      dispose: () => {
        classifier.dispose();
      },
    };
  } catch (error) {
    classifier.dispose();
    throw error;
  }
}

/** A difference of shares in points. */
const points = (share: number): string => {
  const rounded = (100 * share).toFixed(1);
  return rounded.startsWith('-') || Number(rounded) === 0
    ? rounded.replace('-', '−')
    : `+${rounded}`;
};

const sum = (of: readonly ClassChange[], value: (each: ClassChange) => number): number =>
  of.reduce((total, each) => total + value(each), 0);

const withInterval = (right: number, total: number): string =>
  `${percent(right / total)} (95 % interval ${intervalOf(right, total).map(percent).join(' to ')})`;

/** What became of the classes of the earlier classifier. */
export function describeChanges(changes: readonly ClassChange[]): string {
  const columns = [
    { title: 'old class' },
    ...['pictures', 'now', 'held out', 'accuracy', 'now', 'change'].map((title) => ({
      title,
      align: 'r' as const,
    })),
  ];
  const rows = changes.map(({ className, pictures, heldOut, right }) => [
    className,
    ...[pictures.before, pictures.now, heldOut].map(integer),
    ...(heldOut === 0
      ? ['—', '—', '—']
      : [
          ...[right.before, right.now].map((count) => percent(count / heldOut)),
          points((right.now - right.before) / heldOut),
        ]),
  ]);
  const table = drawTable({ columns, rows }, 'text');
  const total = sum(changes, ({ heldOut }) => heldOut);
  if (total === 0) {
    return `${table}\nno picture of these classes was held out, so their accuracy is unknown\n`;
  }
  const [before, now] = [
    sum(changes, ({ right }) => right.before),
    sum(changes, ({ right }) => right.now),
  ];
  const [gained, lost] = [sum(changes, (each) => each.gained), sum(changes, (each) => each.lost)];
  const worse = changes.filter((each) => each.lost > each.gained).map((each) => each.className);
  return [
    table,
    `old classes: accuracy ${withInterval(before, total)} before, ${withInterval(now, total)} now`,
    `of the same ${integer(total)} held-out pictures, ${integer(gained)} became right and ${integer(lost)} wrong`,
    ...(worse.length === 0 ? [] : [`more became wrong than right in ${showList(worse)}`]),
    '',
  ].join('\n');
}
