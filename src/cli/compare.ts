import { Command, Option } from 'commander';
import { largestInput } from '../analyze/budget.js';
import { type BudgetRow, budgetTable } from '../report/format/budget.js';
import { format } from '../report/format/index.js';
import { plansToJson } from '../report/format/plans.js';
import { drawTable } from '../report/format/table.js';
import { estimateMemory, type MemoryOptions } from '../analyze/memory.js';
import { planResnet, type PlanOptions } from '../analyze/plan.js';
import { DEPTHS, type ResnetDepth, VARIANTS } from '../base/architecture.js';
import { ArgumentError } from '../errors.js';
import { given } from '../given.js';
import { chooseHead, type HeadChoice, type HeadName } from '../head/choose.js';
import { DEFAULT_HIDDEN_UNITS } from '../head/head.js';
import {
  byteCount,
  chosenFormat,
  engineOption,
  integer,
  size,
  withMemory,
  withOutput,
} from './options.js';
import { BACKBONES_HELP, withBackbone } from './backbone-flags.js';
import { chooseBackend } from './backend.js';
import { type CompareFlags, HEADS } from './compare-flags.js';
import { honoured } from './honoured.js';
import { put, putText } from './output.js';
import type { Terminal } from './terminal.js';

/** Height, width and channels, without `--input`. */
const USUAL_INPUT = [224, 224, 3];

const HELP = `
Heads, on a feature map of h × w × c, for n classes:
  pooled     global average pooling, then one dense layer: c × n weights
  flattened  the map as one vector, then two dense layers: h × w × c × hidden units weights
  dense      two dense layers at each position of the map: output h × w × n

Examples:
  $ resnet-heads compare                              ResNet-50 at 224 × 224, 10 classes
  $ resnet-heads compare --classes 2 --input 320x240  height 320, width 240
  $ resnet-heads compare --budget 2GB --batch-size 8  what fits into 2 GB of memory
  $ resnet-heads compare --measure --input 64         measured times on this machine
  $ resnet-heads compare --out heads.svg              a chart (requires npm install echarts)
  $ resnet-heads compare --format json | jq '.plans[].head.params'
  $ resnet-heads compare photos                       accuracy on pictures, and a recommendation

With hundreds of pictures, the flattened and the dense head take minutes: fewer
--hidden-units are faster.

${BACKBONES_HELP}`;

function headOptions({ classes, hiddenUnits }: CompareFlags, head: HeadName): HeadChoice {
  const numClasses = classes;
  return head === 'pooled' ? { head, numClasses } : { head, numClasses, hiddenUnits };
}

function planOptions(flags: CompareFlags, head: HeadName): PlanOptions {
  const { input = USUAL_INPUT, depth, variant } = flags;
  return {
    ...headOptions(flags, head),
    inputShape: input,
    // choices() only allows depths.
    depth: Number(depth) as ResnetDepth,
    ...(variant && { variant }),
  };
}

const USES = [
  { use: 'predict', mode: 'inference', train: 'all' },
  { use: 'train, base frozen', mode: 'training', train: 'head' },
  { use: 'train, features cached', mode: 'training', train: 'cached' },
] as const;

function budgetRows(flags: CompareFlags, budget: number): BudgetRow[] {
  const { batchSize, optimizer } = flags;
  return HEADS.flatMap((head) => {
    const options = planOptions(flags, head);
    const plan = planResnet(options);
    return USES.map(({ use, mode, train }): BudgetRow => {
      const how: MemoryOptions = { batchSize, optimizer, train };
      const memory = estimateMemory(plan, how);
      const needed = memory[mode].total;
      const largest = largestInput(options, { ...how, budget, mode }) ?? null;
      return { head, use, memory, needed, fits: needed <= budget, largest };
    });
  });
}

/** Builds the backbone on the fastest backend and measures each head on it. */
async function measure(terminal: Terminal, flags: CompareFlags) {
  const { compareHeads, resnet } = await import('../index.js');
  await chooseBackend(terminal);
  const { input = USUAL_INPUT, variant, batchSize, optimizer, runs, engine } = flags;
  const base = resnet({
    depth: Number(flags.depth) as ResnetDepth,
    ...(variant && { variant }),
    inputShape: input,
    seed: 1,
  });
  try {
    const heads = HEADS.map((head) => chooseHead(headOptions(flags, head)));
    const options = { ...{ batchSize, optimizer, runs }, ...given({ engine }) };
    return await compareHeads(base, heads, { measure: true, ...options });
  } finally {
    base.dispose();
  }
}

async function compare(terminal: Terminal, flags: CompareFlags): Promise<void> {
  const as = chosenFormat(flags);
  const plans = HEADS.map((head) => planResnet(planOptions(flags, head)));
  const comparison = flags.measure === true ? await measure(terminal, flags) : undefined;
  if (as === 'svg') {
    if (flags.budget !== undefined) {
      throw new ArgumentError(
        '--budget: expected text, markdown or json as format, got svg; leave one of them out',
      );
    }
    await put(terminal, comparison ?? plans, flags);
    return;
  }
  const { budget } = flags;
  const rows = budget === undefined ? [] : budgetRows(flags, budget);
  if (as === 'json') {
    const all = {
      ...plansToJson(plans),
      ...(budget !== undefined && { budget: { bytes: budget, heads: rows } }),
      ...(comparison && { comparison }),
    };
    await putText(terminal.out, JSON.stringify(all, null, 2), flags.out);
    return;
  }
  const width = flags.out === undefined ? terminal.columns : undefined;
  const parts = [
    format(comparison ?? plans, as, { width }),
    ...(budget === undefined ? [] : [drawTable(budgetTable(rows, budget), as, width)]),
  ];
  await putText(terminal.out, parts.join('\n\n'), flags.out);
}

type Given = readonly [flags: Partial<CompareFlags>, args: readonly string[]];

const hasPictures = (...[, args]: Given): boolean => args.length > 0;

const isMeasured = (...[flags, args]: Given): boolean => flags.measure === true || args.length > 0;

/** Whether a batch size and an optimizer have an effect. */
const isCosted = (...[flags, args]: Given): boolean =>
  flags.budget !== undefined || isMeasured(flags, args);

/** `resnet-heads compare`. */
export function compareCommand(terminal: Terminal): Command {
  const command = new Command('compare')
    .summary('compare what the three heads cost, and how they do on your pictures')
    .description(
      'Compares the three heads on one ResNet: parameters, MACs, FLOPs, weights and shapes. ' +
        'All figures are calculated without building a model, unless --measure is given. With pictures, each head is also ' +
        'timed and trained on them by cross-validation, on a backbone, and one is recommended.',
    )
    .argument('[pictures]', 'a folder with one subfolder per class, or a .csv file');
  withBackbone(
    command,
    'input size in pixels, 32 or more: 224, 320x240 (height x width) or 224x224x3',
    size,
  )
    .option('--classes <n>', 'number of classes', integer, 10)
    .addOption(
      new Option('--depth <n>', 'depth of the ResNet').choices(DEPTHS.map(String)).default('50'),
    )
    .addOption(
      new Option(
        '--variant <name>',
        'v1 as in Keras, v1.5 as in torchvision (default: v1; v1.5 at depth 18 and 34)',
      ).choices(VARIANTS),
    )
    .option(
      '--hidden-units <n>',
      'units of the hidden layer, of flattened and dense heads',
      integer,
      DEFAULT_HIDDEN_UNITS,
    )
    .option(
      '--budget <size>',
      'show which heads fit into this much memory, such as 2GB, and the largest input that does',
      byteCount,
    )
    .option('--measure', 'also time prediction and a training step, on the fastest backend')
    .option('--runs <n>', 'number of measurements of each', integer, 5)
    .option(
      '--folds <n>',
      'pictures: number of parts for cross-validation, 2 to 10; few make intervals wide',
      integer,
      5,
    )
    .option(
      '--no-shift',
      'pictures: do not measure accuracy on shifted copies, which takes half of the extraction',
    )
    .option('--seed <n>', 'pictures: random seed, to make runs repeatable', integer, 0)
    .option('--strict', 'pictures: stop at one that can’t be decoded, instead of skipping it')
    .option('--no-cache', 'pictures: compute all features again, and do not store them')
    .addOption(engineOption('library that runs the ResNet'));
  const beside = { needs: '--budget, --measure or pictures', holds: isCosted };
  const onPictures = { needs: 'pictures', holds: hasPictures };
  const ofPlans = { needs: 'no pictures', holds: (...all: Given) => !hasPictures(...all) };
  honoured(command, {
    ...{ backbone: onPictures, preprocessing: onPictures, mirror: onPictures },
    ...{ backboneOutput: onPictures, backboneLayout: onPictures },
    ...{ folds: onPictures, shift: onPictures, seed: onPictures },
    ...{ strict: onPictures, cache: onPictures },
    ...{ classes: ofPlans, depth: ofPlans, variant: ofPlans, budget: ofPlans },
    runs: { needs: '--measure or pictures', holds: isMeasured },
    engine: { needs: '--measure or pictures', holds: isMeasured },
    batchSize: beside,
    optimizer: beside,
  });
  return withOutput(withMemory(command))
    .addHelpText('after', HELP)
    .action(async (pictures: string | undefined, flags: CompareFlags) => {
      if (pictures === undefined) return compare(terminal, flags);
      const { comparePictures } = await import('./compare-pictures.js');
      return comparePictures(terminal, pictures, flags);
    });
}
