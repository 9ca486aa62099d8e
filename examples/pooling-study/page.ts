import { costTable } from './costs.js';
import { MEASURES } from './comparisons.js';
import {
  accuracyTable,
  changeTable,
  differenceTable,
  powerTable,
  type TaskResults,
} from './tables.js';

/** The page's tables by the names in its comments. */
export const pageTables = (tasks: readonly TaskResults[]): Map<string, string> =>
  new Map([
    ['resnet-50', costTable()],
    ['power', powerTable(tasks)],
    ...tasks.map((task): [string, string] => [task.name, differenceTable(task, 'accuracy')]),
  ]);

/** Everything that was measured, for which the page has no room: the text of results/tables.md. */
export function allTables(tasks: readonly TaskResults[]): string {
  const sections = tasks.flatMap((task) => [
    `## ${task.title}`,
    '### Accuracy',
    'In percent: mean ± half of the 95 % interval over seeds.',
    accuracyTable(task),
    ...MEASURES.flatMap((measure) => [
      `### Differences: ${measure}`,
      differenceTable(task, measure),
    ]),
    '### Changed test pictures',
    'Accuracy in percent, trained on all pictures.',
    changeTable(task),
  ]);
  const intro =
    'Written by `npx tsx examples/pooling-study/write-page.ts` from the files in this folder; see PROTOCOL.md.';
  const power = ['## Power', powerTable(tasks)];
  return `${['# All tables of the pooling study', intro, ...sections, ...power].join('\n\n')}\n`;
}

/** `<!-- table: NAME -->`, the table, `<!-- end -->`. */
const TABLE = /(<!-- table: (.+?) -->\n)[^]*?(<!-- end -->)/g;

/**
 * Replaces the tables of a page.
 *
 * @throws Error if the page names a table that doesn't exist
 */
export const fillPage = (page: string, tables: ReadonlyMap<string, string>): string =>
  page.replace(TABLE, (_, begin: string, name: string, end: string) => {
    const table = tables.get(name);
    if (table === undefined) throw new Error(`page: expected a table that is made, got "${name}"`);
    return `${begin}\n${table}\n\n${end}`;
  });
