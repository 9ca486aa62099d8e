import { printable } from '../../printable.js';
import { drawTable, type Table, type TableFormat } from './table.js';

/** What is said of something: tables, and sentences after them. */
export interface Report {
  readonly tables: readonly Table[];
  readonly notes: readonly string[];
}

/** The convention goes with the numbers wherever they go: people count ResNet-50 in three ways. */
export const CONVENTION = [
  'MACs: multiply–accumulates of convolutions and dense layers; one image, forward.',
  'FLOPs: 2 × MACs. Weights: float32, 1 MB = 10⁶ bytes.',
];

export function drawReport({ tables, notes }: Report, as: TableFormat, width?: number): string {
  const drawn = tables.map((table) => drawTable(table, as, width));
  return [...drawn, notes.map(printable).join(as === 'markdown' ? ' ' : '\n')].join('\n\n');
}
