import { reject } from '../../errors.js';

/** The first pair of braces with a range or a list in it. */
const BRACES = /\{(?:(\d+)\.\.(\d+)|([^{}]*,[^{}]*))\}/;

const MOST = 100_000;

/** Numbers of a range, counted up or down; with leading zeros if one of its ends has some. */
function range(from: string, to: string): string[] {
  const [first, last] = [Number(from), Number(to)];
  const isPadded = [from, to].some((text) => text.length > 1 && text.startsWith('0'));
  const width = isPadded ? Math.max(from.length, to.length) : 0;
  const step = first <= last ? 1 : -1;
  if (Math.abs(last - first) >= MOST)
    reject('pictures', `a pattern of at most ${MOST} files`, `{${from}..${to}}`);
  return Array.from({ length: Math.abs(last - first) + 1 }, (_, i) =>
    String(first + i * step).padStart(width, '0'),
  );
}

/** What a pattern such as `train-{0000..0063}.tar` or `{a,b}.tar` stands for, as in shells. */
export function expandBraces(pattern: string): string[] {
  const found = BRACES.exec(pattern);
  if (found === null) return [pattern];
  const [whole, from, to, list = ''] = found;
  const before = pattern.slice(0, found.index);
  const after = expandBraces(pattern.slice(found.index + whole.length));
  const each = from === undefined || to === undefined ? list.split(',') : range(from, to);
  return each.flatMap((text) => after.map((rest) => `${before}${text}${rest}`));
}
