import { printable } from '../../printable.js';
import { drawTable, type Table, type TableFormat } from './table.js';

/** Tables, and sentences that follow them. */
export interface Report {
  readonly tables: readonly Table[];
  readonly notes: readonly string[];
}

/** Follows every table of costs: there are three conventions for counting ResNet-50. */
export const conventions = (weights: string): readonly string[] => [
  'MACs: multiply–accumulates of convolutions and dense layers, for the forward pass of one image.',
  `FLOPs: 2 × MACs. Weights: ${weights}, 1 MB = 10⁶ bytes.`,
];

export const CONVENTION = conventions('float32');

export function drawReport({ tables, notes }: Report, as: TableFormat, width?: number): string {
  const drawn = tables.map((table) => drawTable(table, as, width));
  return [...drawn, notes.map(printable).join(as === 'markdown' ? ' ' : '\n')].join('\n\n');
}
