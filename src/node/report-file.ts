import { extname } from 'node:path';
import { reject } from '../errors.js';
import { GENERATOR } from '../html-report/generator.js';
import { beginningOf, type FileKind, requireFile, writeFile } from './write/file.js';
import { placeOf } from './write/place.js';

/** Name of a training run's report, in the classifier's folder. */
export const REPORT_FILE = 'report.html';

/** The mark is in the first lines. */
const HEAD_BYTES = 1024;

/** Whether this package wrote a report. */
export const isReport = async (file: string): Promise<boolean> =>
  (await beginningOf(file, HEAD_BYTES)).includes(`name="generator" content="${GENERATOR} `);

const REPORT: FileKind = { name: 'a report', isOurs: isReport };

/**
 * Checks that a report can be written to a path.
 *
 * @returns the path to write to
 * @throws ArgumentError if it can't be written, or another file is there
 */
export async function requireReport(path: string | URL): Promise<string> {
  const file = placeOf('out', path);
  if (!/^\.html?$/i.test(extname(file))) reject('out', 'a name that ends in .html', String(path));
  return requireFile(file, REPORT);
}

/** Writes a report completely or not at all. */
export const writeReport = (path: string, page: string): Promise<void> =>
  writeFile(path, page, REPORT);
