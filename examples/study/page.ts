import type { StudyResults } from './results.js';
import { accuracyTable, contractTable, costTable, differenceTable, tuningTable } from './tables.js';

/** The page's tables by the names that stand in its comments. */
export function pageTables(tasks: readonly StudyResults[]): Map<string, string> {
  return new Map([
    ['resnet-50', contractTable()],
    ...tasks.flatMap((results): [string, string][] => [
      [`${results.task} costs`, costTable(results)],
      [`${results.task} accuracy`, accuracyTable(results)],
      [`${results.task} differences`, differenceTable(results, 'accuracy')],
      [`${results.task} shifts`, differenceTable(results, 'loss by shift')],
      [`${results.task} tuning`, tuningTable(results)],
    ]),
  ]);
}

/** `<!-- table: NAME -->`, what stands there, `<!-- end -->`. */
const TABLE = /(<!-- table: (.+?) -->\n)[^]*?(<!-- end -->)/g;

/**
 * Puts tables into a page, in place of those that stand there.
 *
 * @throws Error where the page asks for a table that isn't there, or lacks one that is
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
