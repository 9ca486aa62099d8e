import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { ArgumentError, reject, show } from '../../errors.js';
import { classesOf, requireClasses } from '../../pictures/classes.js';
import { numbering } from '../../pictures/multi-label.js';
import type { Listing } from './layout.js';

/** A row of the file. */
interface Row {
  readonly path: string;
  readonly label: string;
  readonly split: string;
  /** Number of its line. */
  readonly line: number;
}

/** What csv-parse returns of a row. */
interface Recorded {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/** The usual names of a data set's parts; an empty one means training. */
const SPLITS: Readonly<Record<string, 'train' | 'validation' | 'test'>> = {
  '': 'train',
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  dev: 'validation',
  test: 'test',
  testing: 'test',
};

/** Other separators, such as those of spreadsheets where the comma is the decimal sign. */
const OTHER_SEPARATORS = /[;\t|]/;

/** Enough for ten million pictures at about 25 bytes each. */
const MAX_BYTES = 2 ** 28;

const fail = (place: string, expected: string, got: string, remedy: string): never => {
  throw new ArgumentError(`${place}: expected ${expected}, got ${got}; ${remedy}`);
};

/** Reads UTF-8. In other encodings, characters would be replaced by the same mark, and so different classes could get the same name. */
async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: unknown) =>
    reject('pictures', 'a .csv file that can be read', file, (cause as Error).message),
  );
  if (bytes.length > MAX_BYTES) {
    fail(file, `at most ${MAX_BYTES} bytes`, String(bytes.length), 'split it into several files');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return fail(file, 'text in UTF-8', 'another encoding', 'save it as UTF-8');
  }
}

/** Separates the labels of a picture. NIH's chest X-rays, MovieLens and others use it, too. */
const SEPARATOR = '|';

/** The class names in a row. */
function namesIn({ path, label }: Row, file: string): string[] {
  if (label === '') return [];
  const names = label.split(SEPARATOR).map((name) => name.trim());
  if (!names.includes('')) return names;
  return fail(file, 'a name before and after each |', `${show(label)} for ${path}`, 'fill it in');
}

async function readRows(file: string, multiLabel: boolean): Promise<Row[]> {
  const text = await readText(file);
  const columns = (names: string[]) => {
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice === undefined) return names;
    return fail(file, 'each column once', `${show(twice)} twice`, 'rename or remove one of them');
  };
  let records: readonly Recorded[];
  try {
    const options = { bom: true, columns, skip_empty_lines: true, trim: true, info: true };
    records = parse(text, options) as unknown as Recorded[];
  } catch (cause) {
    if (cause instanceof ArgumentError) throw cause;
    throw new ArgumentError(
      `${file}: expected comma-separated values, got ${(cause as Error).message}; quote fields that contain a comma`,
      { cause },
    );
  }
  const first = records[0]?.record;
  if (first === undefined || !('path' in first) || !('label' in first)) {
    const names = Object.keys(first ?? {});
    const [only = ''] = names;
    const remedy =
      names.length === 1 && OTHER_SEPARATORS.test(only)
        ? 'separate the columns with commas'
        : 'add the column names';
    const got = first === undefined ? 'no rows' : names.join(', ');
    fail(file, 'a first line with the columns path and label', got, remedy);
  }
  return records.map(({ record, info: { lines: line } }) => {
    const { path = '', label = '', split = '' } = record;
    if (!multiLabel && label.includes(SEPARATOR)) {
      const remedy =
        'pass multiLabel: true (--multi-label) in training, or a list of pictures if a name contains |';
      fail(file, 'one label in each row', `${show(label)} in line ${line}`, remedy);
    }
    if (path !== '' && (label !== '' || multiLabel)) return { path, label, split, line };
    const expected = multiLabel ? 'a path in each row' : 'a path and a label in each row';
    const remedy =
      path === '' || multiLabel ? 'fill it in' : 'fill it in, or set multiLabel (--multi-label)';
    return fail(file, expected, `none in line ${line}`, remedy);
  });
}

/**
 * Lists the pictures of a `.csv` file with the columns `path` (absolute, or relative to the file), `label` and optionally `split`
 * (`train`, `val` or `test`). With `multiLabel`, labels are separated by `|`, and a row can have none.
 *
 * @param named classes, in the order of their labels; by default those of the file, sorted
 * @throws ArgumentError if it isn't such a file, has a label that isn't named, or lists a picture twice
 */
export async function listCsv(
  file: string,
  named?: readonly string[],
  multiLabel = false,
): Promise<Listing> {
  const rows = await readRows(file, multiLabel);
  const labels = rows.map((row) => (multiLabel ? namesIn(row, file) : row.label));
  if (named !== undefined) {
    requireClasses(named);
    for (const [i, names] of labels.entries()) {
      const unknown = [names].flat().find((name) => !named.includes(name));
      if (unknown === undefined) continue;
      const got = `${show(unknown)} in line ${rows[i]?.line ?? NaN}`;
      fail(file, `labels from ${show(named)}`, got, 'rename it, or remove the row');
    }
  }
  const classes = classesOf(labels.flat(), named);
  const { numberOf, labelSets } = numbering(classes, multiLabel);
  const seen = new Set<string>();
  const twice = multiLabel
    ? 'write all labels of a picture in one row, separated by |'
    : 'remove one of the rows';
  const files = rows.map(({ path, split }, i) => {
    const place = resolve(dirname(file), path);
    if (seen.has(place)) fail(file, 'each picture once', `${path} twice`, twice);
    seen.add(place);
    const part =
      SPLITS[split.toLowerCase()] ??
      fail(file, 'a split of train, val or test', JSON.stringify(split), 'rename it');
    return { path: place, label: numberOf(labels[i] ?? []), part };
  });
  const of = (part: string) =>
    files.filter((each) => each.part === part).map(({ path, label }) => ({ path, label }));
  const [held, tests] = [of('validation'), of('test')];
  return {
    ...{ place: file, classes, train: of('train'), tests, labelSets },
    held: held.length === 0 ? undefined : { name: 'val', files: held },
    unused: tests.length === 0 ? [] : [`${file} (${tests.length} rows of test)`],
  };
}
