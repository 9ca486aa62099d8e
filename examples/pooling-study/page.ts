import { claimTable } from './claim-table.js';
import { MEASURES } from './comparisons.js';
import { costTable } from './costs.js';
import { endToEndTable, sizeTable, timeTable } from './other-tables.js';
import type { Study } from './read-study.js';
import {
  accuracyTable,
  changeTable,
  differenceTable,
  pairTable,
  powerTable,
  testTable,
} from './tables.js';

/** The tables of no single task, by the names in the page's comments. */
function sharedTables(study: Study): Map<string, string> {
  const { tasks, sizes, endToEnd, times } = study;
  const titles = new Map(tasks.map(({ name, title }) => [name, title]));
  return new Map([
    ['claims', claimTable(study)],
    ['resnet-50', costTable()],
    ...(times ? [['times', timeTable(times)] as const] : []),
    ['sizes', sizeTable(sizes, titles)],
    ['end-to-end', endToEndTable(endToEnd, titles)],
    ['power', powerTable(tasks)],
  ]);
}

/** The page's tables by the names in its comments. */
export const pageTables = (study: Study): Map<string, string> =>
  new Map([
    ...sharedTables(study),
    ['accuracy', testTable(study.tasks)],
    ['differences', pairTable(study.tasks)],
  ]);

const HEADINGS: Readonly<Record<string, string>> = {
  claims: 'Claims',
  'resnet-50': 'Counted on a ResNet-50',
  times: 'Times on a ResNet-50',
  sizes: 'Input size',
  'end-to-end': 'End to end',
  power: 'Power',
};

/** Everything that was measured, for which the page has no room: the text of results/tables.md. */
export function allTables(study: Study): string {
  const sections = study.tasks.flatMap((task) => [
    `## ${task.title}`,
    '### Accuracy',
    'In percent: mean ± half of the 95 % interval over seeds; median of seconds.',
    accuracyTable(task),
    ...MEASURES.flatMap((measure) => [
      `### Differences: ${measure}`,
      differenceTable(task, measure),
    ]),
    '### Changed test pictures',
    'Accuracy in percent, trained on all pictures.',
    changeTable(task),
  ]);
  const shared = [...sharedTables(study)].flatMap(([name, text]) => [
    `## ${HEADINGS[name] ?? name}`,
    text,
  ]);
  const intro = 'Written from the results beside it; PROTOCOL.md says what was measured, and how.';
  return `${['# All tables of the pooling study', intro, ...sections, ...shared].join('\n\n')}\n`;
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
