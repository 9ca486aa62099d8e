import type { Fit } from '../../analyze/budget.js';
import type { MemoryEstimate } from '../../analyze/memory.js';
import { bytes, shape } from '../../numbers.js';
import type { Table } from './table.js';

/** The memory that a head needs for one use, and whether it fits the budget. */
export interface BudgetRow {
  readonly head: string;
  readonly use: 'predict' | 'train, base frozen' | 'train, features cached';
  readonly memory: MemoryEstimate;
  readonly needed: number;
  readonly fits: boolean;
  /** The largest square input that fits, if any does. */
  readonly largest: Fit | null;
}

export function budgetTable(rows: readonly BudgetRow[], budget: number): Table {
  return {
    columns: [
      { title: `in ${bytes(budget)}` },
      { title: 'use' },
      { title: 'needs', align: 'r' },
      { title: 'fits' },
      { title: 'largest input that fits', align: 'r' },
    ],
    rows: rows.map(({ head, use, needed, fits, largest }) => [
      head,
      use,
      bytes(needed),
      fits ? 'yes' : 'no',
      largest === null
        ? 'none'
        : `${shape(largest.inputShape.slice(0, 2))} (${bytes(largest.bytes)})`,
    ]),
  };
}
