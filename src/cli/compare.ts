import { Command, InvalidArgumentError, Option } from 'commander';
import { type Format, format, FORMATS } from '../analyze/format.js';
import { type HeadName, planResnet } from '../analyze/plan.js';
import { DEPTHS, type ResnetDepth, type ResnetVariant, VARIANTS } from '../base/architecture.js';
import { DEFAULT_HIDDEN_UNITS } from '../head/head.js';

interface CompareOptions {
  readonly classes: number;
  readonly input: readonly number[];
  readonly depth: string;
  readonly variant: ResnetVariant;
  readonly hiddenUnits: number;
  readonly format: Format;
}

const HEADS: readonly HeadName[] = ['pooled', 'flattened', 'dense'];

function integer(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

/** `224`, `320x240` (height first, as in a shape) or `224x224x3`. */
function size(text: string): readonly number[] {
  if (!/^\d+(x\d+){0,2}$/.test(text)) {
    throw new InvalidArgumentError('Expected a size such as 224, 320x240 or 224x224x3.');
  }
  const [height = 0, width = height, channels = 3] = text.split('x').map(Number);
  return [height, width, channels];
}

const HELP = `
The heads:
  pooled     global average pooling, then one dense layer: c × n weights
  flattened  the map as one vector, then two dense layers: h × w × c × hidden weights
  dense      two dense layers at each position of the map: output h × w × n

Examples:
  $ resnet-heads compare                              ResNet-50 at 224 × 224, 10 classes
  $ resnet-heads compare --classes 2 --input 320x240  height first
  $ resnet-heads compare --depth 101 --format markdown
  $ resnet-heads compare --format json | jq '.plans[].head.params'
`;

/** `resnet-heads compare`. */
export function compareCommand(out: (text: string) => void): Command {
  return new Command('compare')
    .summary('the three heads side by side')
    .description(
      'The three heads on one ResNet, side by side: parameters, MACs, FLOPs, weights and shapes.\n' +
        'Arithmetic only: no model is built.',
    )
    .option('--classes <n>', 'number of classes', integer, 10)
    .addOption(
      new Option('--input <size>', 'input size in pixels: 224, 320x240 or 224x224x3, at least 32')
        .argParser(size)
        .default([224, 224, 3], '224'),
    )
    .addOption(
      new Option('--depth <n>', 'depth of the ResNet').choices(DEPTHS.map(String)).default('50'),
    )
    .addOption(
      new Option('--variant <name>', "v1 is Keras's ResNet, v1.5 torchvision's")
        .choices(VARIANTS)
        .default('v1'),
    )
    .option('--hidden-units <n>', 'units of the hidden layer', integer, DEFAULT_HIDDEN_UNITS)
    .addOption(new Option('--format <name>', 'form of the output').choices(FORMATS).default('text'))
    .addHelpText('after', HELP)
    .action((options: CompareOptions) => {
      const { classes, input, depth, variant, hiddenUnits } = options;
      const plans = HEADS.map((head) =>
        planResnet({
          head,
          numClasses: classes,
          hiddenUnits,
          inputShape: input,
          // choices() has let nothing else through.
          depth: Number(depth) as ResnetDepth,
          variant,
        }),
      );
      out(`${format(plans, options.format)}\n`);
    });
}
