import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { METADATA_FILE } from '../classifier/files.js';
import type { Earlier } from '../classifier/earlier.js';
import type { Grown, GrowOptions } from '../classifier/grow.js';
import type { Classifier } from '../classifier/types.js';
import {
  CHANGE_TITLES,
  type ClassChange,
  changeLines,
  changeRows,
} from '../explain/class-changes.js';
import { ArgumentError, reject } from '../errors.js';
import { given } from '../given.js';
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

/** What notices that another command has replaced the classifier that will be overwritten; undefined if it goes elsewhere. */
async function guardOf(source: string, out: string) {
  const { realPlace } = await import('../node/write/place.js');
  const [from, to] = await Promise.all(
    [source, out].map((path) => realPlace(path).catch(() => undefined)),
  );
  if (from === undefined || from !== to) return undefined;
  const saved = () => readFile(join(from, METADATA_FILE), 'utf8').catch(() => '');
  const before = await saved();
  return async () => {
    if ((await saved()) === before) return;
    throw new ArgumentError(
      `out: expected the classifier that --from has read, got another one that was saved there meanwhile, which is kept; run the command again`,
    );
  };
}

/** Loads the classifier of `--from`, and joins its pictures with new ones. */
export async function openJoined(
  terminal: Terminal,
  source: string,
  pictures: string,
  options: GrowOptions & Omit<FitHeadOptions, 'validation'>,
  out: string,
): Promise<Joined> {
  if (/\.json$/i.test(source)) reject('--from', 'the folder that train wrote', source);
  const backend = await chooseBackend(terminal);
  const requireUnchanged = await guardOf(source, out);
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
      earlier: { ...earlier, ...given({ requireUnchanged }) },
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
