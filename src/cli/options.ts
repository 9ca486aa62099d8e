import { extname } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ENGINES } from '../engine/names.js';
import type { ChartTheme } from '../report/chart/echarts.js';
import { type Format, FORMATS } from '../report/format/index.js';
import { honoured } from './honoured.js';
import { OPTIMIZER_NAMES, type OptimizerName } from '../analyze/memory.js';
import { VIEW_COUNTS, type ViewName } from '../pictures/views.js';

/** A format that the command line can write a report in. */
export type OutputFormat = Format | 'svg';

export interface OutputOptions {
  readonly format?: OutputFormat;
  readonly theme: ChartTheme;
  readonly out?: string;
}

export const BY_EXTENSION: Readonly<Record<string, OutputFormat>> = {
  '': 'text',
  '.txt': 'text',
  '.md': 'markdown',
  '.json': 'json',
  '.svg': 'svg',
};

/** The format from `--format`, or from the extension of `--out`. */
export const chosenFormat = ({
  format: chosen,
  out = '',
}: Partial<Pick<OutputOptions, 'format' | 'out'>>): OutputFormat =>
  chosen ?? BY_EXTENSION[extname(out).toLowerCase()] ?? 'text';

export interface MemoryFlags {
  readonly batchSize: number;
  readonly optimizer: OptimizerName;
}

/** A decimal number; NaN for any other text. `Number` would take '' for 0 and 0x10 for 16. */
const decimal = (text: string): number =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;

export function positive(text: string): number {
  const number = decimal(text);
  if (!(number > 0 && number < Infinity)) {
    throw new InvalidArgumentError('Expected a positive number.');
  }
  return number;
}

export function share(text: string): number {
  const number = decimal(text);
  if (!(number >= 0 && number < 1)) {
    throw new InvalidArgumentError('Expected a number from 0 to below 1.');
  }
  return number;
}

export function integer(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

/** Parses `224`, `320x240` (height × width) or `224x224x3`. */
export function size(text: string): readonly number[] {
  if (!/^\d+(x\d+){0,2}$/.test(text)) {
    throw new InvalidArgumentError('Expected a size such as 224, 320x240 or 224x224x3.');
  }
  const [height = 0, width = height, channels = 3] = text.split('x').map(Number);
  return [height, width, channels];
}

const VIEW_NAMES = Object.keys(VIEW_COUNTS) as ViewName[];

/** The kinds of views, as help lists them. */
const SOME_VIEWS =
  'mirror, crop, shift, rotation and brightness, or some of them, separated by commas (default: none)';

/** The `--views` option. */
export const viewsOption = (what: string): Option =>
  new Option('--views <names>', `${what}: ${SOME_VIEWS}`).argParser(viewNames);

/** `--views` of commands that classify. */
export const averagedViews = (): Option =>
  viewsOption('average the probabilities over each picture and changed copies of it');

/** `--engine`. */
export const engineOption = (what = 'library that runs the model'): Option =>
  new Option('--engine <name>', `${what} (default: the fastest that is installed)`).choices(
    ENGINES,
  );

/** Parses `mirror,crop`. */
function viewNames(text: string): readonly ViewName[] {
  const names = text.split(',');
  const known = VIEW_NAMES.filter((name) => names.includes(name));
  if (known.length === names.length) return known;
  throw new InvalidArgumentError(
    `Expected one or more of ${VIEW_NAMES.join(', ')}, each once, separated by commas.`,
  );
}

const BYTES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** Parses `2GB`, `512 MB` or plain bytes; 1 kB is 1,000 bytes. */
export function byteCount(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)b?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * (BYTES[unit.toLowerCase()] ?? NaN));
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new InvalidArgumentError('Expected bytes such as 2GB, 512MB or 1000000.');
  }
  return bytes;
}

/** Adds `--format`, `--theme` and `--out` to a command whose report can also be an SVG. */
export const withOutput = (command: Command): Command =>
  honoured(command, {
    theme: { needs: '--format svg', holds: (flags) => chosenFormat(flags) === 'svg' },
  })
    .addOption(
      new Option(
        '--format <name>',
        'output format (default: by the extension of --out, or text)',
      ).choices([...FORMATS, 'svg']),
    )
    .addOption(
      new Option('--theme <name>', 'colours of an SVG, for a light or a dark page')
        .choices(['light', 'dark'])
        .default('light'),
    )
    .option(
      '--out <file>',
      'write to a file instead of standard output; an SVG needs `npm install echarts`',
    );

export const withMemory = (command: Command): Command =>
  command
    .option('--batch-size <n>', 'pictures per batch', integer, 1)
    .addOption(
      new Option('--optimizer <name>', 'optimizer of TensorFlow.js')
        .choices(OPTIMIZER_NAMES)
        .default('adam'),
    );
