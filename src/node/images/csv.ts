import { dirname, resolve } from 'node:path';
import { show } from '../../errors.js';
import { classesOf, requireClasses } from '../../pictures/classes.js';
import { numbering } from '../../pictures/multi-label.js';
import { namesInText, requireOneLabel } from './label-text.js';
import type { Listing } from './layout.js';
import { fail, readTable } from './table.js';

/** A row of the file. */
interface Row {
  readonly path: string;
  readonly label: string;
  readonly split: string;
  /** Number of its line. */
  readonly line: number;
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

/** The part that a `split` names. */
export const splitOf = (file: string, text: string): 'train' | 'validation' | 'test' =>
  SPLITS[text.toLowerCase()] ??
  fail(file, 'a split of train, val or test', JSON.stringify(text), 'rename it');

async function readRows(file: string, multiLabel: boolean): Promise<Row[]> {
  const records = await readTable('pictures', file, ['path', 'label']);
  if (records.length === 0) fail(file, 'rows below the names of the columns', 'none', 'add some');
  return records.map(({ record, line }) => {
    const { path = '', label = '', split = '' } = record;
    if (!multiLabel) {
      const remedy =
        'pass multiLabel: true (--multi-label) in training, or a list of pictures if a name contains |';
      requireOneLabel(label, { file, at: `in line ${line}` }, remedy);
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
 * @param least how many classes there must be, two by default
 * @throws ArgumentError if it isn't such a file, has a label that isn't named, or lists a picture twice
 */
export async function listCsv(
  file: string,
  named?: readonly string[],
  multiLabel = false,
  least?: number,
): Promise<Listing> {
  const rows = await readRows(file, multiLabel);
  const labels = rows.map(({ label, path }) =>
    namesInText(label, multiLabel, { file, at: `for ${path}` }),
  );
  if (named !== undefined) {
    requireClasses(named);
    for (const [i, names] of labels.entries()) {
      const unknown = names.find((name) => !named.includes(name));
      if (unknown === undefined) continue;
      const got = `${show(unknown)} in line ${rows[i]?.line ?? NaN}`;
      fail(file, `labels from ${show(named)}`, got, 'rename it, or remove the row');
    }
  }
  const classes = classesOf(labels.flat(), named, least);
  const { numberOf, labelSets } = numbering(classes, multiLabel);
  const seen = new Set<string>();
  const twice = multiLabel
    ? 'write all labels of a picture in one row, separated by |'
    : 'remove one of the rows';
  const files = rows.map(({ path, split, label }, i) => {
    const place = resolve(dirname(file), path);
    if (seen.has(place)) fail(file, 'each picture once', `${path} twice`, twice);
    seen.add(place);
    const part = splitOf(file, split);
    return { path: place, label: numberOf(multiLabel ? (labels[i] ?? []) : label), part };
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
