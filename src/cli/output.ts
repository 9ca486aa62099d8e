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

interface OutputFlags {
  readonly out?: string;
  readonly format?: OutputFormat;
  readonly backbone?: string;
}

/** Checks the file that --out names before the command starts its work. */
export async function requireOutput(command: Command): Promise<void> {
  const { out, format: chosen, backbone } = command.opts<OutputFlags>();
  const isReport =
    command.name() !== 'classify' &&
    command.options.some((option) => option.attributeName() === 'format');
  // The other commands write folders, or check --out themselves.
  if (out === undefined || !isReport) return;
  const extension = extname(out).toLowerCase();
  if (chosen === undefined && !(extension in BY_EXTENSION)) {
    const known = Object.keys(BY_EXTENSION).filter((each) => each !== '');
    reject('--out', `a name that ends in ${known.join(', ')}`, out, 'or choose a --format');
  }
  await requireUnread(out, [...command.args, ...(backbone === undefined ? [] : [backbone])]);
}

/** Checks that a file can be written, and that it doesn't overwrite what the arguments name. */
export async function requireUnread(out: string, args: readonly string[]): Promise<void> {
  const path = await requireFile(out);
  if ((await factsOf(path)) === undefined) return;
  for (const read of args) {
    if (await isRead(path, read)) reject('--out', 'a file other than the input', out);
  }
}

/** Extensions that only reports have. */
const ONLY_REPORTS = ['.md', '.svg', '.txt'];

/**
 * Whether writing a file could overwrite a command's input: the file is what the argument names, or a picture of the .csv file that it
 * names, or it is in the folder that the argument names or beside the `model.json` that it names. Files with a report's extension are safe in a folder.
 */
async function isRead(path: string, argument: string): Promise<boolean> {
  const read = await realPlace(argument).catch(() => undefined);
  if (read === undefined || read === path) return read === path;
  if (extname(read).toLowerCase() === '.csv' && (await lists(read, path))) return true;
  if (ONLY_REPORTS.includes(extname(path).toLowerCase())) return false;
  const isFolder = (await factsOf(read))?.isDirectory() === true;
  return isFolder
    ? isWithin(read, path)
    : extname(read) === '.json' && dirname(read) === dirname(path);
}

/** Whether a .csv file lists a file. One that is no list of pictures is reported by what reads it. */
async function lists(csv: string, path: string): Promise<boolean> {
  const { readPaths } = await import('../node/images/table.js');
  const listed = await readPaths('pictures', csv).catch(() => []);
  for (const each of listed) {
    if ((await realPlace(each).catch(() => undefined)) === path) return true;
  }
  return false;
}

/** Renders a report in the chosen format. */
export async function written(
  { columns }: Terminal,
  value: Formattable,
  options: OutputOptions,
): Promise<string> {
  const as = chosenFormat(options);
  if (as === 'svg') return renderChart(value, { theme: options.theme });
  // Only a terminal limits the width.
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
