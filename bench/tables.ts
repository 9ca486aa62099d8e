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

/** The pairs that have an aim, without the name of the subject, which the case gives. */
export function aimTable(ratios: readonly Ratio[]): string {
  const rows = ratios
    .filter((each) => aimOf(each) !== undefined)
    .map((each) => [
      ...[each.case, each.peer, figures.format(each.ratio), aimCell(each)],
      ...[`${figures.format(each.subjectMs)} ms`, `${figures.format(each.peerMs)} ms`],
    ]);
  const header = ['case', 'compared with', 'ratio', 'aim', 'this package', 'the other'];
  return markdownTable([header, ...rows], { align: ['l', 'l', 'r', 'r', 'r', 'r'] });
}

/** The range of the ratios of memory, and the case with the largest. */
export function memoryRange(ratios: readonly MemoryRatio[]): string {
  const sorted = [...ratios].sort((a, b) => a.ratio - b.ratio);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) return '';
  const [low, high] = [least, most].map(({ ratio }) => figures.format(ratio));
  return (
    `**Memory.** The peak memory of a process is ${low} to ${high} times that of the other; ` +
    `the most is ${most.case} (${Math.round(most.subjectMB)} MB, compared with ${most.peer}, ${Math.round(most.peerMB)} MB).`
  );
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
