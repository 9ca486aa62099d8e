import type { Earlier } from '../classifier/earlier.js';
import type { Grown, GrowOptions } from '../classifier/grow.js';
import type { Classifier } from '../classifier/types.js';
import {
  CHANGE_TITLES,
  type ClassChange,
  changeLines,
  changeRows,
} from '../explain/class-changes.js';
import { integer } from '../numbers.js';
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
  return `${source}: of its ${integer(all)} pictures, ${integer(all - cached)} are among the new ones and ${integer(cached)} in the cache`;
}

/** Loads the classifier of `--from`, and joins its pictures with new ones. */
export async function openJoined(
  terminal: Terminal,
  source: string,
  pictures: string,
  options: GrowOptions & Omit<FitHeadOptions, 'validation'>,
): Promise<Joined> {
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
      isAdam: solverFor(earlier.head, backbone.featureShape, options) === 'adam',
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

/** A table of the classes of the earlier classifier, and what it comes to. */
function describeChanges(changes: readonly ClassChange[]): string {
  const columns = CHANGE_TITLES.map((title, i) => ({
    title,
    align: i === 0 ? ('l' as const) : ('r' as const),
  }));
  const table = drawTable({ columns, rows: changeRows(changes) }, 'text');
  return [table, ...changeLines(changes), ''].join('\n');
}
