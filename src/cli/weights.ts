import { Command, Option } from 'commander';
import { volume } from '../layers/cost/layer-cost.js';
import { integer, shape as sizes } from '../numbers.js';
import { type Format, FORMATS } from '../report/format/index.js';
import { drawTable } from '../report/format/table.js';
import type { Inspection, Verdict } from '../node/weight-files.js';
import type { Integrity } from '../weights/download/integrity.js';
import { WeightsError } from '../weights/errors.js';
import { pretrainedWeights } from '../weights/pretrained.js';
import { honoured } from './honoured.js';
import { showDownload } from './progress.js';
import type { Terminal } from './terminal.js';

interface FormatOption {
  readonly format: Format;
}

interface PullFlags {
  readonly top?: boolean;
  readonly mirror?: string;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const json = (value: unknown): string => JSON.stringify(value, null, 2);
const formatOption = () =>
  new Option('--format <name>', 'output format').choices(FORMATS).default('text');
const hash = (integrity: Integrity | undefined): string =>
  integrity === undefined ? '' : `${integrity.algorithm} ${integrity.hex}`;

const HELP = `
Examples:
  $ resnet-heads weights pull keras/resnet50     download once, then work offline
  $ resnet-heads weights inspect my.weights.h5   list the contents of a file
  $ resnet-heads weights verify                  check the files in the cache

The cache is $XDG_CACHE_HOME/resnet-heads/weights, or ~/.cache/resnet-heads/weights.
Set $RESNET_HEADS_MIRROR to download published weights from another host.
`;

function list(as: Format): string {
  const known = pretrainedWeights();
  if (as === 'json') return json({ weights: known });
  const rows = known.map(({ name, depth, variant, top1, preprocessing, license, withTop }) => [
    name,
    `ResNet-${depth} ${variant}`,
    `${top1} %`,
    preprocessing,
    license,
    withTop.integrity?.algorithm ?? 'none',
  ]);
  const columns = [
    { title: 'name' },
    { title: 'for' },
    { title: 'top-1 on ImageNet', align: 'r' as const },
    { title: 'preprocessing' },
    { title: 'licence' },
    { title: 'hash' },
  ];
  return drawTable({ columns, rows }, as);
}

function inspection(found: Inspection, as: Format): string {
  if (as === 'json') return json(found);
  const { format, bytes, sha256, resnet, params, arrays, skipped } = found;
  const facts = [
    ['format', format],
    ['for', resnet ? `ResNet-${resnet.depth} ${resnet.variant}` : 'not recognized as a ResNet'],
    ['size', `${integer(bytes)} bytes`],
    ...(sha256 === undefined ? [] : [['sha256', sha256]]),
    ['arrays', integer(arrays.length)],
    ['parameters', integer(params)],
    ...(skipped.length > 0 ? [['skipped (no numbers)', skipped.join(', ')]] : []),
  ];
  const rows = arrays.map(({ name, shape }) => [name, sizes(shape), integer(volume(shape))]);
  const right = (title: string) => ({ title, align: 'r' as const });
  const columns = [{ title: 'array' }, right('shape'), right('parameters')];
  return [
    drawTable({ columns: [{ title: 'weight file' }, { title: '' }], rows: facts }, as),
    drawTable({ columns, rows }, as),
  ].join('\n\n');
}

/** Whether a source is a name: a URL already determines the file and the host. */
const isByName = (_: unknown, [source = '']: readonly string[]): boolean =>
  !/^https?:/.test(source);

/** `resnet-heads weights …`. Each command imports the code that reads files when it runs. */
export function weightsCommand(terminal: Terminal): Command {
  const { out, say } = terminal;
  const library = () => import('../node/weight-files.js');
  const command = new Command('weights')
    .summary('list, download, verify and inspect pretrained weights')
    .description('Lists, downloads, verifies and inspects pretrained weights.')
    .addHelpText('after', HELP);

  command
    .command('list')
    .summary('list published weights')
    .description('Lists published weights with the figures of their publishers.')
    .addOption(formatOption())
    .action(({ format }: FormatOption) => {
      out(`${list(format)}\n`);
    });

  const pull = command
    .command('pull')
    .summary('download weights into the cache')
    .description('Downloads weights into the cache.')
    .argument('<source>', 'a name from `weights list`, or an http(s) URL')
    .option('--top', 'download the file that includes the ImageNet classifier')
    .option('--mirror <url>', 'download published weights from another host with the same paths')
    .action(async (source: string, flags: PullFlags) => {
      const { pullWeights } = await library();
      const bar = showDownload(terminal);
      try {
        const pulled = await pullWeights(source, { ...flags, onProgress: bar.update });
        bar.stop();
        const how = pulled.from === 'cache' ? 'already in the cache' : 'downloaded';
        say(pulled.path, `${megabytes(pulled.bytes.length)}, ${hash(pulled.integrity)}, ${how}`);
      } finally {
        bar.stop();
      }
    });

  const named = { needs: 'a name from `weights list`', holds: isByName };
  honoured(pull, { top: named, mirror: named });

  command
    .command('verify')
    .summary('check weight files for damage')
    .description(
      'Checks weight files against their published hashes, or all cached files against the hashes that they ' +
        'had when downloaded. The exit code is 1 if a file is damaged or has no known hash.',
    )
    .argument('[files...]', 'weight files (default: all files in the cache)')
    .action(async (files: string[]) => {
      const { verifyCache, verifyFile } = await library();
      const verdicts: Verdict[] = [];
      const tell = (verdict: Verdict) => {
        verdicts.push(verdict);
        const { state, bytes, integrity, name, path } = verdict;
        const facts = [state, megabytes(bytes), hash(integrity), name, path];
        say(facts.filter((fact) => fact !== undefined && fact !== '').join('  '));
      };
      for (const file of files) tell(await verifyFile(file));
      if (files.length === 0) for await (const verdict of verifyCache()) tell(verdict);
      const count = (state: Verdict['state']) =>
        verdicts.filter((verdict) => verdict.state === state).length;
      const [damaged, unknown] = [count('damaged'), count('unknown')];
      if (damaged + unknown > 0) {
        throw new WeightsError(
          `weights: expected ${verdicts.length} intact files, got ${damaged} damaged and ${unknown} without a known hash; ` +
            'a damaged file in the cache is downloaded again at its next use',
        );
      }
      if (verdicts.length === 0) say('the cache is empty');
    });

  command
    .command('inspect')
    .summary('list the contents of a weight file')
    .description('Lists the arrays of a weight file and the ResNet that it is for.')
    .argument('<source>', 'a file, a name from `weights list`, or an http(s) URL')
    .addOption(formatOption())
    .action(async (source: string, { format }: FormatOption) => {
      const { inspectWeights } = await library();
      const bar = showDownload(terminal);
      try {
        const found = await inspectWeights(source, { onProgress: bar.update });
        bar.stop();
        out(`${inspection(found, format)}\n`);
      } finally {
        bar.stop();
      }
    });
  return command;
}
