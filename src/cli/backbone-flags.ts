import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Backbone } from '../backbone/backbone.js';
import type { Preprocessing } from '../base/preprocess.js';
import { given } from '../given.js';
import { publishedAs, RESNET_MINI } from '../weights/pretrained.js';
import { honoured } from './honoured.js';
import { openBackbone } from './load.js';
import { size } from './options.js';
import { quotedPath } from './shell.js';
import type { Terminal } from './terminal.js';

/** The options of a backbone, as commander parses them. */
export interface BackboneFlags {
  readonly backbone: string;
  readonly preprocessing?: Preprocessing;
  readonly input?: readonly number[];
  readonly mirror?: string;
  readonly backboneOutput?: string;
  readonly backboneLayout?: 'nhwc' | 'nchw';
}

/** Whether commands take this text for a model by name, and not for a folder. */
export const isModelName = (text: string): boolean =>
  text === RESNET_MINI || publishedAs(text) !== undefined;

const DEFAULT_BACKBONE = 'keras/resnet50';

/** The options of a backbone as words for a shell, each after a space; nothing for the default. */
export function backboneWords(flags: BackboneFlags): string {
  const { backbone, preprocessing, input, mirror, backboneOutput, backboneLayout } = flags;
  const words = {
    '--backbone': backbone === DEFAULT_BACKBONE ? undefined : backbone,
    '--preprocessing': preprocessing,
    // Height and width.
    '--input': input?.slice(0, 2).join('x'),
    '--mirror': mirror,
    '--backbone-output': backboneOutput,
    '--backbone-layout': backboneLayout,
  };
  return Object.entries(words)
    .map(([name, value]) => (value === undefined ? '' : ` ${name} ${quotedPath(value)}`))
    .join('');
}

/** The part of a command's help about `--backbone`. */
export const BACKBONES_HELP = `Backbones:
  resnet-mini, a small ResNet that comes with this package
  a name from \`weights list\`, whose weights are downloaded once
  a weight file (.h5, .safetensors), by path or URL
  a .keras file, a TensorFlow.js model.json or its folder, by path or URL
  an .onnx file, by path or URL (requires onnxruntime-node)
Weight files and models of your own need --preprocessing.
`;

/** Parses a size of pictures, which have three channels. */
function pictureSize(text: string): readonly number[] {
  const shape = size(text);
  if (shape[2] !== 3) throw new InvalidArgumentError('Expected three channels.');
  return shape;
}

/** Only published names use a mirror: a URL or a path already says where the file is. */
const isName = ({ backbone }: Readonly<Record<string, unknown>>): boolean =>
  typeof backbone === 'string' && /^\w+\/resnet\d/.test(backbone);

export const isOnnx = ({ backbone }: Readonly<Record<string, unknown>>): boolean =>
  typeof backbone === 'string' && /\.onnx($|[?#])/i.test(backbone);

/** Adds the options of {@link BackboneFlags} to a command. */
export const withBackbone = (
  command: Command,
  input = 'input size in pixels, of a ResNet or an .onnx file of variable size',
  parse = pictureSize,
): Command =>
  honoured(command, {
    mirror: { needs: 'a published name as --backbone', holds: isName },
    backboneOutput: { needs: 'an .onnx file as --backbone', holds: isOnnx },
    backboneLayout: { needs: 'an .onnx file as --backbone', holds: isOnnx },
  })
    .option('--backbone <source>', 'a name, a weight file or a model (see below)', DEFAULT_BACKBONE)
    .addOption(
      new Option(
        '--preprocessing <mode>',
        'pixel scaling the backbone expects; not needed with a name',
      ).choices(['caffe', 'torch', 'tf', 'none'] satisfies Preprocessing[]),
    )
    .addOption(
      new Option('--input <size>', `${input} (default: 224, or 96 for resnet-mini)`).argParser(
        parse,
      ),
    )
    .option(
      '--backbone-output <name>',
      'name of the tensor that holds the features of an .onnx file (default: its first output)',
    )
    .addOption(
      new Option(
        '--backbone-layout <axes>',
        "order of the features' axes in an .onnx file, if its operators don't tell",
      ).choices(['nhwc', 'nchw']),
    )
    .option('--mirror <url>', 'download published weights from another host with the same paths');

/** Loads the backbone that a command's options name. */
export function backboneOf(
  terminal: Terminal,
  flags: BackboneFlags,
  signal: AbortSignal,
): Promise<Backbone> {
  const [height, width] = flags.input ?? [];
  const { preprocessing, mirror, backboneOutput: output, backboneLayout: layout } = flags;
  return openBackbone(terminal, flags.backbone, {
    ...given({ preprocessing, mirror, output, layout }),
    ...(height === undefined || width === undefined ? {} : { inputSize: [height, width] }),
    signal,
  });
}
