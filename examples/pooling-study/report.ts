import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { claimRows } from './claim-table.js';
import { drawDifferences } from './figures.js';
import { allTables } from './page.js';
import { readStudy, type Study } from './read-study.js';
import { table } from './tables.js';
import { writeFormatted } from './write-formatted.js';

/** The results that the page is of. */
export const RESULTS = join(dirname(fileURLToPath(import.meta.url)), 'results');

/** Writes the figure as `NAME-light.svg` and `NAME-dark.svg`. */
export async function writeFigure({ tasks }: Study, folder: string, name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    const file = join(folder, `${name}-${theme}.svg`);
    await writeFile(file, await drawDifferences(tasks, theme));
  }
}

/** Writes all tables and the figure into a folder. */
export async function writeReport(study: Study, folder: string): Promise<void> {
  await writeFormatted(join(folder, 'tables.md'), allTables(study));
  if (study.tasks.length > 0) await writeFigure(study, folder, 'differences');
}

/** The verdicts of a study beside those of the published one on the same tasks, and which of these it doesn't reach. */
export async function verdictsBeside(study: Study): Promise<string> {
  const published = await readStudy(RESULTS);
  const names = new Set(study.tasks.map(({ name }) => name));
  const same = claimRows({
    ...published,
    tasks: published.tasks.filter(({ name }) => names.has(name)),
    sizes: published.sizes.filter(({ task }) => names.has(task)),
    endToEnd: published.endToEnd.filter(({ task }) => names.has(task)),
  });
  const rows = claimRows(study).map(({ sentence, verdict }) => {
    const other = same.find((each) => each.sentence === sentence)?.verdict ?? 'not tested';
    return [sentence, verdict, other];
  });
  const known = rows.filter(([, , other]) => other !== 'not tested');
  const missed = known.filter(([, own, other]) => own !== other);
  const named = (title: string, claims: readonly string[][]) =>
    claims.length === 0 ? [] : [title, ...claims.map(([claim]) => `  ${claim}`)];
  return [
    `The verdicts of this run beside those of the published results, computed for the same tasks (${[...names].join(', ')}):`,
    table(['claim', 'here', 'published'], rows, 3),
    `${known.length - missed.length} of ${known.length} published verdicts are reached.`,
    ...named(
      'Another verdict here:',
      missed.filter(([, own]) => own !== 'not tested'),
    ),
    ...named(
      'Not tested here:',
      missed.filter(([, own]) => own === 'not tested'),
    ),
  ].join('\n');
}
