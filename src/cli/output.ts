import { dirname, extname } from 'node:path';
import type { Command } from 'commander';
import { renderChart } from '../report/chart/index.js';
import { format } from '../report/format/index.js';
import type { Formattable } from '../report/kinds.js';
import { reject } from '../errors.js';
import { requireFile, writeFile } from '../node/write/file.js';
import { factsOf, isWithin, realPlace } from '../node/write/place.js';
import { printableLines } from '../printable.js';
import { BY_EXTENSION, chosenFormat, type OutputFormat, type OutputOptions } from './options.js';
import type { Terminal } from './terminal.js';

/** Checks the file of --out, where a command has that, before its work begins. */
export async function requireOutput(command: Command): Promise<void> {
  const { out, format: chosen } = command.opts<{ out?: string; format?: OutputFormat }>();
  const isReport = command.options.some((option) => option.attributeName() === 'format');
  // Others write folders, or look at what is there themselves.
  if (out === undefined || !(isReport || command.name() === 'explain')) return;
  const extension = extname(out).toLowerCase();
  if (isReport && chosen === undefined && !(extension in BY_EXTENSION)) {
    const known = Object.keys(BY_EXTENSION).filter((each) => each !== '');
    reject('--out', `a name that ends in ${known.join(', ')}`, out, 'or choose a --format');
  }
  const path = await requireFile(out);
  if ((await factsOf(path)) === undefined) return;
  for (const read of command.args) {
    if (await isRead(path, read)) reject('--out', 'another file than what is read', out);
  }
}

/** Files that nothing but a report has. */
const ONLY_REPORTS = ['.md', '.svg', '.txt'];

/**
 * Whether a file is what an argument names, or, unless only a report has such a name, lies in the folder that it names or
 * in that of the `model.json` that it names.
 */
async function isRead(path: string, argument: string): Promise<boolean> {
  const read = await realPlace(argument).catch(() => undefined);
  if (read === undefined || read === path) return read === path;
  if (ONLY_REPORTS.includes(extname(path).toLowerCase())) return false;
  const isFolder = (await factsOf(read))?.isDirectory() === true;
  return isFolder
    ? isWithin(read, path)
    : extname(read) === '.json' && dirname(read) === dirname(path);
}

/** A report as `--format` has it. */
export async function written(
  { columns }: Terminal,
  value: Formattable,
  options: OutputOptions,
): Promise<string> {
  const as = chosenFormat(options);
  if (as === 'svg') return renderChart(value, { theme: options.theme });
  // A file has no width of its own.
  return format(value, as, { width: options.out === undefined ? columns : undefined });
}

/** Prints a report, or writes it to `--out`. */
export async function put(
  terminal: Terminal,
  value: Formattable,
  options: OutputOptions,
): Promise<void> {
  await putText(terminal.out, await written(terminal, value, options), options.out);
}

export async function putText(
  out: (text: string) => void,
  text: string,
  file: string | undefined,
): Promise<void> {
  const content = printableLines(`${text.trimEnd()}\n`);
  if (file === undefined) out(content);
  else await writeFile(file, content);
}
