/**
 * Writes the tables and figures of docs/study.md, and results/tables.md, from the results in results/. The page's text is
 * written by hand.
 *
 *     npx tsx examples/study/write-page.ts
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawFigures } from './figures.js';
import { allTables, fillPage, pageTables } from './page.js';
import { readResults, writeFigures, writeFormatted } from './write.js';

const here = dirname(fileURLToPath(import.meta.url));
const docs = join(here, '..', '..', 'docs');
const page = join(docs, 'study.md');
const tasks = await Promise.all(
  ['cats-dogs', 'digits'].map((task) => readResults(join(here, 'results', `${task}.json`))),
);
await writeFigures(join(docs, 'images'), await drawFigures(tasks));
await writeFormatted(page, fillPage(await readFile(page, 'utf8'), pageTables(tasks)));
await writeFormatted(join(here, 'results', 'tables.md'), allTables(tasks));
