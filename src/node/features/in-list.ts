import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { reject, show } from '../../errors.js';
import { splitOf } from '../images/csv.js';
import { labelOf } from '../images/label-text.js';
import { fail, tableRows } from '../images/table.js';
import { addressIn, isAddress, isForeign } from '../remote/address.js';
import { streamOf } from '../remote/stream.js';
import type { Entry } from './source.js';

/** What a list names: paths are relative to it. */
function placeIn(list: string, path: string, line: number): string {
  if (isForeign(path)) {
    const expected = 'paths, or addresses that begin with http://, https:// or s3://';
    fail(list, expected, `${show(path)} in line ${line}`, 'copy the pictures to one of these');
  }
  if (isAddress(list)) return addressIn(list, path);
  return isAddress(path) ? path : resolve(dirname(list), path);
}

/** Pictures in a `.csv` file with the column `path`, relative to it, and perhaps `label`. */
export async function* inCsv(
  file: string,
  multiLabel: boolean,
  signal?: AbortSignal,
): AsyncGenerator<Entry> {
  let count = 0;
  for await (const { record, line } of tableRows('pictures', file, ['path'], signal)) {
    count++;
    const { path: name = '', label, split = '' } = record;
    if (name === '') fail(file, 'a path in each row', `none in line ${line}`, 'fill it in');
    const known =
      label === undefined ? null : labelOf(label, multiLabel, { file, at: `in line ${line}` });
    const part = split === '' ? undefined : splitOf(file, split);
    yield { path: placeIn(file, name, line), name, label: known, split: part };
  }
  if (count === 0) fail(file, 'rows below the names of the columns', 'none', 'add some');
}

/** Pictures in a `.txt` file with a path, relative to it, or an address in each line. */
export async function* inText(file: string, signal?: AbortSignal): AsyncGenerator<Entry> {
  const input = isAddress(file)
    ? Readable.from(streamOf(file, { signal }))
    : createReadStream(file).on('error', () => undefined);
  const lines = createInterface({ input, crlfDelay: Infinity });
  let [line, count] = [0, 0];
  try {
    for await (const text of lines) {
      line++;
      const name = (line === 1 ? text.replace(/^\uFEFF/, '') : text).trim();
      if (name === '') continue;
      if (name.includes('\uFFFD')) {
        fail(file, 'text in UTF-8', `another encoding in line ${line}`, 'save it as UTF-8');
      }
      count++;
      yield { path: placeIn(file, name, line), name, label: null };
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    reject('pictures', 'a .txt file that can be read', file, (error as Error).message);
  } finally {
    lines.close();
    input.destroy();
  }
  if (count === 0) fail(file, 'a path or an address in each line', 'none', 'add some');
}

/** Eight bytes of a text's hash. */
const shortHash = (text: string): bigint =>
  createHash('sha256').update(text).digest().readBigUInt64LE();

/** Finds texts that occur more than once among very many: eight bytes are kept of each, as ten million paths would take gigabytes. */
class Hashes {
  private all = new BigUint64Array(2 ** 16);
  private count = 0;

  add(text: string): void {
    if (this.count === this.all.length) {
      const larger = new BigUint64Array(2 * this.count);
      larger.set(this.all);
      this.all = larger;
    }
    this.all[this.count++] = shortHash(text);
  }

  /** The hashes that occur more than once. */
  twice(): ReadonlySet<bigint> {
    const sorted = this.all.subarray(0, this.count).sort();
    return new Set(sorted.filter((hash, i) => i > 0 && hash === sorted[i - 1]));
  }
}

/**
 * Passes on the pictures of a list, and refuses one that names a picture twice at its end: it would be in the files twice.
 *
 * @param read reads the list; called again if it seems to name one twice
 */
export async function* once(list: string, read: () => AsyncIterable<Entry>): AsyncGenerator<Entry> {
  const hashes = new Hashes();
  for await (const entry of read()) {
    hashes.add(entry.path);
    yield entry;
  }
  const suspects = hashes.twice();
  if (suspects.size === 0) return;
  // Different paths can have the same eight bytes.
  const seen = new Set<string>();
  for await (const { path } of read()) {
    if (!suspects.has(shortHash(path))) continue;
    if (seen.size === seen.add(path).size) {
      fail(list, 'each picture once', `${path} twice`, 'remove one of them');
    }
  }
}
