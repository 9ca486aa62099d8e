import { markdownTable } from 'markdown-table';
import { cases } from './cases.js';
import type { MemoryRatio, Ratio } from './measure.js';

const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

type Pair = Pick<Ratio, 'case' | 'peer' | 'ratio'>;

/** What the ratio is meant to be at most. */
export function aimOf({ case: name, peer }: Pair): number | undefined {
  return cases.find((each) => each.name === name)?.peers.find((each) => each.name === peer)?.aim;
}

/** The aim, and whether it was met. */
function aimCell(pair: Pair): string {
  const aim = aimOf(pair);
  if (aim === undefined) return '';
  return `≤ ${aim} ${pair.ratio <= aim ? '✓' : '✗'}`;
}

const align = ['l', 'l', 'l', 'r', 'r', 'r', 'r'];
/** Of the columns that tables of memory have. */
const MEMORY_COLUMNS = 6;

export function timeTable(ratios: readonly Ratio[]): string {
  const rows = ratios.map((each) => [
    ...[each.case, each.subject, each.peer, figures.format(each.ratio), aimCell(each)],
    ...[`${figures.format(each.subjectMs)} ms`, `${figures.format(each.peerMs)} ms`],
  ]);
  const header = ['case', 'subject', 'peer', 'ratio', 'aim', 'subject takes', 'peer takes'];
  return markdownTable([header, ...rows], { align });
}

/** Nothing where no memory was measured. */
export function memoryTable(ratios: readonly MemoryRatio[]): string {
  if (ratios.length === 0) return '';
  const rows = ratios.map((each) => [
    ...[each.case, each.subject, each.peer, figures.format(each.ratio)],
    ...[`${Math.round(each.subjectMB)} MB`, `${Math.round(each.peerMB)} MB`],
  ]);
  const header = ['case', 'subject', 'peer', 'ratio', 'subject’s peak', 'peer’s peak'];
  return markdownTable([header, ...rows], { align: align.slice(0, MEMORY_COLUMNS) });
}
