import { basename, dirname, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { OnnxInput } from '../convert/onnx.js';
import type { Classifier } from '../classifier/types.js';
import { reject } from '../errors.js';
import type { FloatFormat } from '../weights/formats/float-format.js';
import type { SavedModelInput } from '../export/savedmodel/options.js';
import { onnxOf } from '../onnx/base.js';
import { openClassifier } from './load.js';
import { integer } from './options.js';
import type { Terminal } from './terminal.js';

interface ExportFlags {
  readonly to: keyof typeof TARGETS;
  readonly out?: string;
  readonly input: SavedModelInput;
  readonly dtype: FloatFormat;
  readonly variables?: true;
  readonly int8?: boolean;
  readonly calibrate?: string;
  readonly modelVersion?: number;
}

/** A format that a classifier can be exported to. */
interface Target {
  /** Added to the name of the classifier's folder when --out is not given. */
  readonly suffix: string;
  /** Checks that `out` can be written, before the classifier is read. */
  check(out: string, flags: ExportFlags): Promise<unknown>;
  /** @returns a description of what it wrote, and lines to print after it */
  write(
    classifier: Classifier,
    out: string,
    flags: ExportFlags,
    terminal: Terminal,
  ): Promise<readonly [string, ...string[]]>;
}

function onnxInput(input: ExportFlags['input']): OnnxInput {
  return input === 'jpeg' ? reject('--input', '"tensor" or "pixels" for onnx', input) : input;
}

const TARGETS = {
  savedmodel: {
    suffix: '.savedmodel',
    async check(out, { int8, modelVersion }) {
      if (int8 === true) reject('--int8', 'none for savedmodel', int8, 'use --to onnx');
      const { requireExportable } = await import('../node/export-saved-model.js');
      await requireExportable(out, modelVersion);
    },
    async write(classifier, out, { input, dtype, variables, modelVersion }) {
      const { exportSavedModel } = await import('../convert/saved-model.js');
      await exportSavedModel(classifier, out, {
        ...{ input, dtype },
        ...(variables && { variables }),
        ...(modelVersion === undefined ? {} : { modelVersion }),
      });
      const checkpoint = variables || dtype === 'float16' ? `variables/ in ${dtype}, ` : '';
      return [`a TensorFlow SavedModel: saved_model.pb, ${checkpoint}assets.extra/classes.txt`];
    },
  },
  onnx: {
    suffix: '.onnx',
    async check(out, { input, dtype, int8 = false, variables, modelVersion }) {
      onnxInput(input);
      if (variables) {
        reject('--variables', 'none for onnx', variables, 'only a SavedModel has variables');
      }
      if (int8 && dtype !== 'float32') {
        reject('--dtype', 'none with --int8', dtype, 'choose one of the two');
      }
      if (modelVersion !== undefined) {
        reject('--model-version', 'none for onnx', modelVersion, 'only a SavedModel has versions');
      }
      const [{ ONNX_FILE }, { requireFile }] = await Promise.all([
        import('../node/export-onnx.js'),
        import('../node/write/file.js'),
      ]);
      await requireFile(out, ONNX_FILE);
    },
    async write(classifier, out, { input, dtype, calibrate }, terminal) {
      if (calibrate !== undefined) {
        const { exportInt8 } = await import('./export-int8.js');
        return exportInt8(terminal, classifier, {
          pictures: calibrate,
          input: onnxInput(input),
          out,
        });
      }
      const { exportOnnx } = await import('../convert/onnx.js');
      await exportOnnx(classifier, out, {
        input: onnxInput(input),
        ...(dtype === 'float16' && { dtype }),
      });
      const isOwn = onnxOf(classifier.model) === undefined;
      return [
        isOwn ? `an ONNX model, opset 17, ${dtype}` : 'an ONNX model, backbone and head joined',
      ];
    },
  },
} satisfies Record<string, Target>;

/** The path of a classifier's folder without a trailing slash; the last part of a URL, for a file in the current folder. */
const nameOf = (source: string): string =>
  /^https?:/.test(source)
    ? basename(new URL(source).pathname) || 'classifier'
    : ['.', '..'].includes(basename(source))
      ? resolve(source)
      : join(dirname(source), basename(source));

async function exportClassifier(
  terminal: Terminal,
  folder: string,
  flags: ExportFlags,
): Promise<void> {
  const { int8 = false, calibrate } = flags;
  if (int8 && calibrate === undefined) {
    reject('--int8', 'also --calibrate <pictures>', 'none', 'pass a folder of pictures');
  }
  if (!int8 && calibrate !== undefined) {
    reject('--calibrate', 'also --int8', 'none', 'only int8 is calibrated');
  }
  const target: Target = TARGETS[flags.to];
  const to = flags.out ?? nameOf(folder) + target.suffix;
  await target.check(to, flags);
  const classifier = await openClassifier(terminal, folder);
  try {
    const [what, ...others] = await target.write(classifier, to, flags, terminal);
    terminal.say(`${to}: ${what}`);
    for (const line of others) terminal.say(line);
  } finally {
    classifier.dispose();
  }
}

const HELP = `
Examples:
  $ resnet-heads export my-classifier --to savedmodel
  $ resnet-heads export my-classifier --to onnx --out model.onnx
  $ resnet-heads export my-classifier --to onnx --dtype float16  # half the size
  $ resnet-heads export my-classifier --to savedmodel --variables  # a third of the memory
  $ resnet-heads export my-classifier --to onnx --int8 --calibrate photos  # a quarter, and faster
  $ resnet-heads export my-classifier --to savedmodel --input jpeg --out serving --model-version 1
`;

/** `resnet-heads export`. */
export function exportCommand(terminal: Terminal): Command {
  return new Command('export')
    .summary('export a classifier to SavedModel or ONNX')
    .description('Exports a classifier as a TensorFlow SavedModel or an ONNX model.')
    .argument(
      '<classifier>',
      'a folder that `train` has written, its URL, or a name such as resnet-mini or keras/resnet50',
    )
    .addOption(
      new Option('--to <format>', 'format to export to')
        .choices(Object.keys(TARGETS))
        .makeOptionMandatory(),
    )
    .option(
      '--out <path>',
      'folder or file to write (default: beside the classifier, such as my-classifier.onnx)',
    )
    .addOption(
      new Option(
        '--input <kind>',
        'input of the exported model: preprocessed images, pixels of any size, or the bytes of a JPEG',
      )
        .choices(['tensor', 'pixels', 'jpeg'])
        .default('tensor'),
    )
    .addOption(
      new Option('--dtype <format>', 'number format of the kernels in the files')
        .choices(['float32', 'float16'])
        .default('float32'),
    )
    .option(
      '--variables',
      'store the weights of a SavedModel in a checkpoint: loads faster, takes less memory',
    )
    .option(
      '--int8',
      'quantise an ONNX model to int8, and print what that costs: a quarter of the size, two to three times as fast on recent processors',
    )
    .option(
      '--calibrate <pictures>',
      'for --int8: a folder of pictures like those that the model will see, with one subfolder per class, or a .csv file; 64 are ' +
        'used, and held-out ones to measure the cost',
    )
    .option(
      '--model-version <n>',
      'version of a SavedModel, written to a subfolder of that name as TF Serving expects',
      integer,
    )
    .addHelpText('after', HELP)
    .action((folder: string, flags: ExportFlags) => exportClassifier(terminal, folder, flags));
}
