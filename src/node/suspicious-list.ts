import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { SuspiciousLabel } from '../classifier/review-options.js';
import { present } from '../errors.js';
import { beginningOf, type FileKind, requireFile, writeFile } from './write/file.js';

const HEADER = 'path,label,suggested,probability,suggested_probability';
/** Excel reads UTF-8 only after this mark. */
const MARK = '\ufeff';
const MARK_BYTES = 3;

const LIST: FileKind = {
  name: 'a list of suspicious labels',
  isOurs: async (file) => {
    const start = await beginningOf(file, MARK_BYTES + HEADER.length);
    return Buffer.from(start, 'latin1').toString('utf8').replace(MARK, '').startsWith(HEADER);
  },
};

/** Checks that a list can be written, before work begins. */
export const requireList = (file: string): Promise<string> => requireFile(file, LIST);

/** A field as RFC 4180 has it. Spaces at the ends are quoted, too, as readers remove others. */
const field = (text: string): string =>
  /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** Spreadsheets take a text that begins like this for a formula. */
const FORMULA = /^[=+@-]/;

/** The path of a picture relative to the folder of the list, with `/` on all systems; absolute if it is on another drive. */
function pathFrom(folder: string, path: string): string {
  const own = relative(folder, resolve(path));
  if (isAbsolute(own)) return own;
  const portable = own.split(sep).join('/');
  return FORMULA.test(portable) ? `./${portable}` : portable;
}

/** How many decimals of probabilities are written. */
const DECIMALS = 4;

/** Writes a list of the labels of files as a `.csv` file. */
export async function writeList(file: string, labels: readonly SuspiciousLabel[]): Promise<void> {
  const folder = dirname(resolve(file));
  const rows = labels.map(({ path, label, suggested, probability, suggestedProbability }) => [
    ...[pathFrom(folder, present(path, 'path')), label, suggested].map(field),
    ...[probability, suggestedProbability].map((each) => each.toFixed(DECIMALS)),
  ]);
  const text = [HEADER, ...rows.map((row) => row.join(','))].join('\n');
  const isAscii = Buffer.byteLength(text) === text.length;
  await writeFile(file, `${isAscii ? '' : MARK}${text}\n`, LIST);
}
