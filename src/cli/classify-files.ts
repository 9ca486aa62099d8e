import { setTimeout as sleep } from 'node:timers/promises';
import type { ClassifiedFile } from '../classifier/classified-file.js';
import { PictureError, reject } from '../errors.js';
import { integer } from '../numbers.js';
import { isFolder, listPictures } from '../node/list-pictures.js';
import { type Column, columnsOf, namesOf, NONE } from '../node/predictions/columns.js';
import { Inbox } from '../node/predictions/inbox.js';
import { Sorter } from '../node/predictions/sort.js';
import { appendToCsv, extensionOf, requireTable, writeTable } from '../node/predictions/table.js';
import { isWithin, realPlace } from '../node/write/place.js';
import { type Classification, type ClassifyFlags, withTop } from './classification.js';
import { catchInterrupt } from './interrupt.js';
import { tellEngine } from './load.js';
import type { Terminal } from './terminal.js';

/** How often folders are looked at. A file is complete if it hasn't changed in between. */
const POLL_MS = 1_000;

/** Checks what --out and --watch name, before a classifier is loaded. */
export async function requirePlaces(
  classifier: string,
  sources: readonly string[],
  { out, watch }: ClassifyFlags,
): Promise<void> {
  if (watch === true) {
    for (const source of sources) {
      if (!(await isFolder(source))) reject('--watch', 'folders to watch', source);
    }
    // Throws if one can't be read, which may happen later.
    await listPictures(sources, { mayBeEmpty: true });
  }
  if (out === undefined) return;
  const path = await requireTable(out);
  // What is wrong with an argument is told by the code that reads it.
  const places = [classifier, ...sources].map((each) => realPlace(each).catch(() => undefined));
  const [own = '', ...read] = await Promise.all(places);
  if (read.includes(path)) reject('--out', 'a file other than the input', out);
  if (own !== '' && isWithin(own, path)) reject('--out', 'a file outside the classifier', out);
}

/** Sorts pictures into folders while their answers pass. */
async function* sorted(
  answers: AsyncIterable<ClassifiedFile>,
  multiLabel: boolean,
  sorter: Sorter | undefined,
): AsyncGenerator<ClassifiedFile> {
  for await (const answer of answers) {
    const names = namesOf(answer, multiLabel);
    await sorter?.put(answer.path, names.length === 0 ? [NONE] : names);
    yield answer;
  }
}

async function* trimmed(
  answers: AsyncIterable<ClassifiedFile>,
  top: number | undefined,
): AsyncGenerator<ClassifiedFile> {
  for await (const answer of answers) yield withTop(answer, top);
}

async function write(
  answers: AsyncGenerator<ClassifiedFile>,
  { out, top }: ClassifyFlags,
  columns: readonly Column[],
): Promise<void> {
  if (out === undefined) {
    while ((await answers.next()).done !== true);
    return;
  }
  // The other tables have columns that need all classes.
  const own = extensionOf(out) === '.json' ? trimmed(answers, top) : answers;
  await writeTable(out, own, columns);
}

/** Appends a row for each picture that is in the folders or appears in them, until the signal aborts. */
async function watch(
  { err }: Terminal,
  answersOf: (paths: readonly string[]) => AsyncGenerator<ClassifiedFile>,
  sources: readonly string[],
  out: string,
  columns: readonly Column[],
  signal: AbortSignal,
): Promise<void> {
  await writeTable(out, none(), columns);
  err('watching for pictures; press Ctrl-C to stop');
  const inbox = new Inbox(sources);
  while (!signal.aborted) {
    const ready = await inbox.poll();
    const answers = async function* () {
      for await (const answer of answersOf(ready)) {
        inbox.done([answer.path]);
        yield answer;
      }
    };
    if (ready.length > 0) {
      await appendToCsv(out, answers(), columns).catch((error: unknown) => {
        // Broken pictures have been named; what wasn't classified at Ctrl-C is left.
        if (!signal.aborted && !(error instanceof PictureError)) throw error;
      });
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** No answers. */
// eslint-disable-next-line @typescript-eslint/require-await -- as others are
async function* none(): AsyncGenerator<ClassifiedFile> {
  yield* [];
}

/** Writes answers to a table, sorts pictures into folders, or both. */
export async function classifyToFiles(
  terminal: Terminal,
  work: Classification,
  sources: readonly string[],
  flags: ClassifyFlags,
): Promise<void> {
  const { out, sort, sortBy, allClasses = false, cache } = flags;
  const { classifier, multiLabel } = work;
  const { classes, knowsFamiliarity: familiarity } = classifier;
  const hasColumns = out !== undefined && extensionOf(out) !== '.json';
  const columns = hasColumns ? columnsOf({ classes, multiLabel, familiarity, allClasses }) : [];
  const sorter =
    sort === undefined ? undefined : await Sorter.open(sort, sortBy, sources, [...classes, NONE]);
  const kept = cache
    ? 'features so far are kept: the same command continues from there'
    : 'with --no-cache no features are kept';
  const interrupt = catchInterrupt(
    `classify: expected time for all pictures, got Ctrl-C before; ${kept}`,
    () => undefined,
  );
  const { signal } = interrupt;
  const answersOf = (paths: readonly string[]) =>
    sorted(work.of(paths, { signal }), multiLabel, sorter);
  try {
    if (flags.watch === true && out !== undefined) {
      await watch(terminal, answersOf, sources, out, columns, signal);
    } else await write(answersOf(sources), flags, columns);
  } finally {
    interrupt.release();
  }
  await tellEngine(terminal, classifier);
  const places = [out, sort].filter((place) => place !== undefined);
  terminal.say(`${places.join(' and ')}: ${integer(work.answered)} pictures`);
}
