import type { StudyResults } from './results.js';
import {
  accuracyTable,
  contractTable,
  costTable,
  differenceTable,
  summaryTable,
  tuningTable,
} from './tables.js';

/** The page's tables by the names in its comments. */
export function pageTables(tasks: readonly StudyResults[]): Map<string, string> {
  return new Map([
    ['resnet-50', contractTable()],
    ...tasks.map((results): [string, string] => [results.task, summaryTable(results)]),
  ]);
}

/** Everything that was measured, for which the page has no room: the text of results/tables.md. */
export function allTables(tasks: readonly StudyResults[]): string {
  const sections = tasks.flatMap((results) => [
    `## ${results.title}`,
    '### Costs',
    'Parameters, MACs and memory are counted; times are medians of five turns. "To train" is the memory to train the head on cached features.',
    costTable(results),
    '### Accuracy',
    'In percent: mean ± half of the 95 % interval over seeds. "Lost by the shift" is relative to the accuracy without it.',
    accuracyTable(results),
    '### Differences in accuracy',
    differenceTable(results, 'accuracy'),
    '### Differences in what a shift of ±32 px costs',
    differenceTable(results, 'loss by shift'),
    '### Learning rates',
    'Validation accuracy in percent, and epochs, for each learning rate; the chosen ones are bold.',
    tuningTable(results),
  ]);
  const intro =
    'Written by `npx tsx examples/study/write-page.ts` from the JSON files in this folder; see `docs/study.md`.';
  return `${['# All tables of the study', intro, ...sections].join('\n\n')}\n`;
}

/** `<!-- table: NAME -->`, the table, `<!-- end -->`. */
const TABLE = /(<!-- table: (.+?) -->\n)[^]*?(<!-- end -->)/g;

/**
 * Replaces the tables of a page.
 *
 * @throws Error if the page names a table that doesn't exist, or has no place for one that does
 */
export function fillPage(page: string, tables: ReadonlyMap<string, string>): string {
  const left = new Set(tables.keys());
  const filled = page.replace(TABLE, (_, begin: string, name: string, end: string) => {
    const table = tables.get(name);
    if (table === undefined) throw new Error(`page: expected a table that is made, got "${name}"`);
    left.delete(name);
    return `${begin}\n${table}\n\n${end}`;
  });
  if (left.size > 0) {
    throw new Error(`page: expected a place for each table, got none for ${[...left].join(', ')}`);
  }
  return filled;
}
