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
  new Option('--format <name>', 'form of the output').choices(FORMATS).default('text');
const hash = (integrity: Integrity | undefined): string =>
  integrity === undefined ? '' : `${integrity.algorithm} ${integrity.hex}`;

const HELP = `
Examples:
  $ resnet-heads weights pull keras/resnet50       now loadWeights(model, 'imagenet') needs no network
  $ resnet-heads weights inspect my.weights.h5     what is in it, and which ResNet it is for
  $ resnet-heads weights verify                    whether what is in the cache is whole

Files are kept in resnet-heads/weights in $XDG_CACHE_HOME, or in ~/.cache; $RESNET_HEADS_MIRROR names
another host for weights by name.
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
    ['for', resnet ? `ResNet-${resnet.depth} ${resnet.variant}` : 'no ResNet that its names tell'],
    ['size', `${integer(bytes)} bytes`],
    ...(sha256 === undefined ? [] : [['sha256', sha256]]),
    ['arrays', integer(arrays.length)],
    ['parameters', integer(params)],
    ...(skipped.length > 0 ? [['not numbers', skipped.join(', ')]] : []),
  ];
  const rows = arrays.map(({ name, shape }) => [name, sizes(shape), integer(volume(shape))]);
  const right = (title: string) => ({ title, align: 'r' as const });
  const columns = [{ title: 'array' }, right('shape'), right('parameters')];
  return [
    drawTable({ columns: [{ title: 'weight file' }, { title: '' }], rows: facts }, as),
    drawTable({ columns, rows }, as),
  ].join('\n\n');
}

/** An address says itself which file and which host. */
const isByName = (_: unknown, [source = '']: readonly string[]): boolean =>
  !/^https?:/.test(source);

/** `resnet-heads weights …`. What reads files is loaded by the command that does. */
export function weightsCommand(terminal: Terminal): Command {
  const { out, say } = terminal;
  const library = () => import('../node/weight-files.js');
  const command = new Command('weights')
    .summary('pretrained weights: list, fetch, check and look into them')
    .description('Pretrained weights, and the cache that downloads are kept in.')
    .addHelpText('after', HELP);

  command
    .command('list')
    .description('Weights that are known by name, with their publishers’ figures.')
    .addOption(formatOption())
    .action(({ format }: FormatOption) => {
      out(`${list(format)}\n`);
    });

  const pull = command
    .command('pull')
    .description('Fetches weights into the cache.')
    .argument('<source>', 'a name from `weights list`, or an http(s) URL')
    .option('--top', 'the file with ImageNet’s own top')
    .option('--mirror <url>', 'host with the same paths to fetch weights by name from')
    .action(async (source: string, flags: PullFlags) => {
      const { pullWeights } = await library();
      const bar = showDownload(terminal);
      try {
        const pulled = await pullWeights(source, { ...flags, onProgress: bar.update });
        bar.stop();
        const how = pulled.from === 'cache' ? 'was here already' : 'fetched';
        say(pulled.path, `${megabytes(pulled.bytes.length)}, ${hash(pulled.integrity)}, ${how}`);
      } finally {
        bar.stop();
      }
    });

  const named = { needs: 'a name from `weights list`', holds: isByName };
  honoured(pull, { top: named, mirror: named });

  command
    .command('verify')
    .description(
      'Checks files against the hashes that their publishers name, and those in the cache against what they were. ' +
        'Exits with 1 where one is damaged, or nobody published its hash.',
    )
    .argument('[files...]', 'weight files; without any, all in the cache')
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
          `weights: expected ${verdicts.length} with the hash they should have, got ${damaged} damaged and ${unknown} unknown; ` +
            'what is damaged in the cache is fetched anew when it is asked for',
        );
      }
      if (verdicts.length === 0) say('nothing in the cache');
    });

  command
    .command('inspect')
    .description('What is in a weight file, and which ResNet it is for.')
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
