import { Command, Option } from 'commander';
import type { EngineName } from '../engine/names.js';
import { ArgumentError, reject } from '../errors.js';
import { given } from '../given.js';
import type { HeadName } from '../head/choose.js';
import type { ShardResult } from '../node/features/job.js';
import type { ViewName } from '../pictures/views.js';
import { FLOAT_FORMATS, type FloatFormat } from '../weights/formats/float-format.js';
import { chooseBackend, inNode } from './backend.js';
import { BACKBONES_HELP, type BackboneFlags, withBackbone } from './backbone-flags.js';
import { checkFeatures } from './check-features.js';
import { counted } from './counted.js';
import { describeAll, describeShard, warningsAbout } from './extract-report.js';
import { onBackbone } from './on-backbone.js';
import { engineOption, integer as whole, viewsOption } from './options.js';
import { type Share, shard, shareOf } from './shards.js';
import { type Terminal, warnTo } from './terminal.js';

interface ExtractFlags extends BackboneFlags {
  readonly out?: string;
  readonly check?: string;
  readonly shard?: Share;
  readonly shards?: number;
  readonly head: HeadName;
  readonly dtype: FloatFormat;
  readonly multiLabel?: boolean;
  readonly views?: readonly ViewName[];
  readonly engine?: EngineName;
  readonly strict?: boolean;
}

const HELP = `
Pictures:
  a folder; a picture's label is the name of the subfolder that it is in. Folders
    \`train\`, \`val\` and \`test\` that have such subfolders are the parts of a data set
  a .csv file with the column path and, optionally, label and split
  a .txt file with a path in each line
  a .tar file as webdataset writes them, a folder of such files, or a pattern such as
    'train-{0000..0063}.tar'; a picture's label is the text of the .cls file beside it
Lists, .tar files and paths in lists can be http://, https:// or s3:// addresses. A
folder can be local or s3://. Reading .tar files requires tar-stream.

--out receives Parquet files, or shards, with the columns path, label, split, sha256
(of the picture's file) and features, and _manifest.json, which says how they were
computed. With --views, the column view names the changed copies of a picture. A
shard is written completely or not at all. Shards that are there are left as they
are: the same command continues what was interrupted. --out can be an s3:// address.

--shard 3/64 computes the fourth of 64 shards; they are counted from 0. Any number
of machines can share the work, each with its own shard and the same --out. With
--shards 64, a task of a Kubernetes Indexed Job, a Slurm array or an AWS Batch array
computes the shard of its number (JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID,
AWS_BATCH_JOB_ARRAY_INDEX); elsewhere, all shards are computed. Pictures are not
compared with those of earlier runs: if you change them, write to another folder.

--check reads all shards of a folder, and says which are missing, torn (incomplete
or damaged) or foreign (of another extraction); the exit code is 1 if any are.

${BACKBONES_HELP}
Examples:
  $ resnet-heads extract photos --out features
  $ resnet-heads extract photos.csv --out features --shard 3/64 --dtype float16
  $ resnet-heads extract --check features
`;

async function extract(
  terminal: Terminal,
  pictures: string | undefined,
  flags: ExtractFlags,
): Promise<void> {
  const { out, head: name, dtype, views, engine, strict, multiLabel = false } = flags;
  if (flags.check !== undefined) {
    if (pictures !== undefined) reject('pictures', 'none with --check', pictures);
    return checkFeatures(terminal, flags.check);
  }
  if (pictures === undefined) reject('pictures', 'a folder, a list or .tar files', 'none');
  if (out === undefined) reject('--out', 'a folder or an s3:// address', 'none');
  const { shards, index, variable, unused } = shareOf(flags, process.env);
  if (unused !== undefined) {
    terminal.err(
      `warning: ${unused} is set, but neither --shards nor --shard: each task of this array computes all shards; add --shards N`,
    );
  }
  await inNode();
  const [{ listSource }, { openOutput }, { loadSharp }] = await Promise.all([
    import('../node/features/listed.js'),
    import('../node/features/open-store.js'),
    import('../node/images/sharp.js'),
  ]);
  // Checked before a backbone of up to 94 MB is downloaded.
  const store = await openOutput(out, pictures);
  await loadSharp();
  const own = index === undefined ? undefined : [index];
  const source = await listSource(pictures, given({ shards, own }), { multiLabel });
  const { say } = terminal;
  const count = source.count === undefined ? '' : `${counted(source.count, 'picture')}, `;
  const which = index === undefined ? '' : `; this is shard ${index}`;
  say(`${count}${counted(source.shards, 'shard')}${which}${variable ? ` (${variable})` : ''}`);
  const backend = await chooseBackend(terminal);
  const [{ runJob }, { Labels }, { headFor }] = await Promise.all([
    import('../node/features/job.js'),
    import('../node/features/labels.js'),
    import('../head/spec.js'),
  ]);
  const lost =
    'extract: interrupted; complete shards are kept: the same command continues from there';
  await onBackbone(terminal, flags, lost, async (backbone, { stages, signal }) => {
    const results: ShardResult[] = [];
    const labels = new Labels(multiLabel);
    const manifest = await runJob(store, backbone, source, {
      ...{ dtype, own, views, engine, strict, signal },
      // The features don't depend on the number of classes.
      head: headFor(name, 2),
      onProgress: stages.onProgress,
      onWarning: warnTo(terminal),
      onShard: (result, own) => {
        results.push(result);
        labels.join(own);
        stages.stop();
        say(describeShard(result, source.shards));
      },
    });
    stages.stop();
    const extracted = { results, labels, manifest, backend };
    for (const each of warningsAbout(extracted, { ...flags, out }))
      terminal.err(`warning: ${each}`);
    say(...describeAll(extracted, { ...flags, out }));
  });
}

/** Options that `--check` has no use for. */
const OF_WORK = [
  ...['out', 'shard', 'shards', 'head', 'dtype', 'multiLabel', 'views', 'engine', 'strict'],
  ...['backbone', 'preprocessing', 'input', 'mirror', 'backboneOutput', 'backboneLayout'],
];

/** `resnet-heads extract`. */
export function extractCommand(terminal: Terminal): Command {
  const command = new Command('extract')
    .summary('compute the features of pictures, also on many machines')
    .description(
      'Computes the features of pictures with a frozen backbone, and writes them to Parquet files.',
    )
    .argument('[pictures]', 'a folder of pictures, a list, or .tar files; see below')
    .option('--out <place>', 'folder or s3:// address to write the features to')
    .addOption(
      new Option(
        '--check <place>',
        'check the features in a folder or at an s3:// address instead',
      ).conflicts(OF_WORK),
    )
    .addOption(
      new Option('--shard <i/n>', 'compute one of n shards, counted from 0')
        .argParser(shard)
        .conflicts('shards'),
    )
    .option('--shards <n>', 'number of shards (default: one for each 10,000 pictures)', whole);
  return withBackbone(command)
    .addOption(
      new Option(
        '--head <name>',
        'the head to train: features are pooled for a pooled head, and the whole feature map for the others',
      )
        .choices(['pooled', 'flattened', 'dense'])
        .default('pooled'),
    )
    .addOption(
      new Option('--dtype <name>', 'number format; float16 takes half the space')
        .choices(FLOAT_FORMATS)
        .default('float32'),
    )
    .option('--multi-label', 'pictures can have several labels, separated by | in a .csv file')
    .addOption(viewsOption('compute the features of changed copies of the pictures as well'))
    .addOption(engineOption('library that runs the backbone'))
    .option('--strict', 'stop at a picture that can’t be decoded, instead of skipping it')
    .addHelpText('after', HELP)
    .allowExcessArguments()
    .action((pictures: string | undefined, flags: ExtractFlags, { args }: Command) => {
      if (args.length > 1) {
        throw new ArgumentError(
          `pictures: expected one folder, list or pattern, got ${args.length} arguments; put a pattern in quotes: 'train-{0000..0063}.tar'`,
        );
      }
      return extract(terminal, pictures, flags);
    });
}
