import { extname } from 'node:path';
import type { Command } from 'commander';
import { renderChart } from '../analyze/chart.js';
import { format, type Formattable } from '../analyze/format/index.js';
import { reject } from '../errors.js';
import { requireFile, writeFile } from '../node/write/file.js';
import { realPlace } from '../node/write/place.js';
import { printableLines } from '../printable.js';
import { BY_EXTENSION, chosenFormat, type OutputFormat, type OutputOptions } from './options.js';
import type { Terminal } from './terminal.js';

/** Checks the file of --output, where a command has that, before its work begins. */
export async function requireOutput(command: Command): Promise<void> {
  const { output, format: chosen } = command.opts<{ output?: string; format?: OutputFormat }>();
  if (output === undefined) return;
  const extension = extname(output).toLowerCase();
  const isReport = command.options.some((option) => option.attributeName() === 'format');
  if (isReport && chosen === undefined && !(extension in BY_EXTENSION)) {
    const known = Object.keys(BY_EXTENSION).filter((each) => each !== '');
    reject('--output', `a name that ends in ${known.join(', ')}`, output, 'or choose a --format');
  }
  const path = await requireFile(output);
  for (const read of command.args) {
    if ((await realPlace(read).catch(() => undefined)) === path) {
      reject('--output', 'another file than what is read', output);
    }
  }
}

/** Prints a report, or writes it to `--output`. */
export async function put(
  { out, columns }: Terminal,
  value: Formattable,
  options: OutputOptions,
): Promise<void> {
  const as = chosenFormat(options);
  // A file has no width of its own.
  const width = options.output === undefined ? columns : undefined;
  const text =
    as === 'svg'
      ? await renderChart(value, { theme: options.theme })
      : format(value, as, width === undefined ? {} : { width });
  await putText(out, text, options.output);
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
