import { appendFile, open } from 'node:fs/promises';
import { extname } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import type { ClassifiedFile } from '../../classifier/classified-file.js';
import { reject } from '../../errors.js';
import { type Append, beginningOf, buildFile, type FileKind, requireFile } from '../write/file.js';
import { toldAsArgument } from '../write/place.js';
import type { Column } from './columns.js';
import { loadParquet, MAKER, writeParquet } from './parquet.js';

export const TABLES = ['.csv', '.json', '.parquet'] as const;
export type TableExtension = (typeof TABLES)[number];

/** The kind of a table by its name. */
export function extensionOf(file: string): TableExtension {
  const extension = extname(file).toLowerCase();
  return (
    TABLES.find((each) => each === extension) ??
    reject('out', `a name that ends in ${TABLES.join(', ')}`, file)
  );
}

const BEGINNINGS: Readonly<Record<TableExtension, RegExp>> = {
  '.csv': /^path,class/,
  '.json': /^\[(\n\{"path":|\n?\]\n$)/,
  '.parquet': /^PAR1/,
};
const BEGINNING_BYTES = 16;
/** The end of a .parquet file names its writer; what follows has some bytes per column. */
const END_BYTES = 2 ** 16;

async function endOf(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - END_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(END_BYTES), 0, END_BYTES, from);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** A label list or another report must not be overwritten. */
const kindOf = (extension: TableExtension): FileKind => ({
  name: 'a table of predictions',
  isOurs: async (file) =>
    BEGINNINGS[extension].test(await beginningOf(file, BEGINNING_BYTES)) &&
    (extension !== '.parquet' || (await endOf(file)).includes(MAKER)),
});

/**
 * Checks that a table can be written, before work begins.
 *
 * @returns the path without links
 * @throws ArgumentError if its name has another ending, or another file is there; PackageError if a package for it is missing
 */
export async function requireTable(file: string): Promise<string> {
  const extension = extensionOf(file);
  const path = await requireFile(file, kindOf(extension));
  if (extension === '.parquet') await loadParquet();
  return path;
}

/** A line of a .csv file, in quotes where RFC 4180 wants them. */
const csvLine = (values: readonly unknown[]): string => stringify([values]);

const csvRow = (columns: readonly Column[], answer: ClassifiedFile): string =>
  csvLine(columns.map(({ of }) => of(answer)));

async function writeCsv(
  answers: AsyncIterable<ClassifiedFile>,
  columns: readonly Column[],
  append: Append,
): Promise<void> {
  await append(csvLine(columns.map(({ name }) => name)));
  for await (const answer of answers) await append(csvRow(columns, answer));
}

async function writeJson(answers: AsyncIterable<ClassifiedFile>, append: Append): Promise<void> {
  let between = '[\n';
  for await (const answer of answers) {
    await append(`${between}${JSON.stringify(answer)}`);
    between = ',\n';
  }
  await append(between === '[\n' ? '[]\n' : '\n]\n');
}

/** Writes answers to a table as they come, completely or not at all. */
export async function writeTable(
  file: string,
  answers: AsyncIterable<ClassifiedFile>,
  columns: readonly Column[],
): Promise<void> {
  const extension = extensionOf(file);
  const build = (append: Append): Promise<void> => {
    if (extension === '.json') return writeJson(answers, append);
    if (extension === '.csv') return writeCsv(answers, columns, append);
    return writeParquet(answers, columns, append);
  };
  await buildFile(file, build, kindOf(extension));
}

/** Appends answers to a .csv file that {@link writeTable} wrote, one whole line at a time. */
export async function appendToCsv(
  file: string,
  answers: AsyncIterable<ClassifiedFile>,
  columns: readonly Column[],
): Promise<void> {
  for await (const answer of answers) {
    await toldAsArgument(file, 'file', () => appendFile(file, csvRow(columns, answer)));
  }
}
