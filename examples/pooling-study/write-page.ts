/**
 * Writes the tables and the figure of docs/study.md, and results/tables.md, from the results.
 *
 *     npx tsx examples/pooling-study/write-page.ts
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allTables, fillPage, pageTables } from './page.js';
import { readStudy } from './read-study.js';
import { RESULTS, writeFigure } from './report.js';
import { writeFormatted } from './write-formatted.js';

const docs = join(RESULTS, '..', '..', '..', 'docs');
const page = join(docs, 'study.md');

const study = await readStudy(RESULTS);
await writeFormatted(join(RESULTS, 'tables.md'), allTables(study));
await writeFigure(study, join(docs, 'images'), 'study-differences');
await writeFormatted(page, fillPage(await readFile(page, 'utf8'), pageTables(study)));
