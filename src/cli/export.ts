import { basename, dirname, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { OnnxInput } from '../export/onnx/export.js';
import type { Classifier } from '../classifier/types.js';
import { reject } from '../errors.js';
import type { SavedModelInput } from '../export/savedmodel/options.js';
import { openClassifier } from './load.js';
import { integer } from './options.js';
import type { Terminal } from './terminal.js';

interface ExportFlags {
  readonly to: keyof typeof TARGETS;
  readonly out?: string;
  readonly input: SavedModelInput;
  readonly modelVersion?: number;
}

/** What a classifier can be exported to. */
interface Target {
  /** What follows the name of the classifier's folder where --out names nothing else. */
  readonly suffix: string;
  /** Throws where nothing can be written, before the classifier is read. */
  check(out: string, flags: ExportFlags): Promise<unknown>;
  /** @returns what it wrote, for people */
  write(classifier: Classifier, out: string, flags: ExportFlags): Promise<string>;
}

function onnxInput(input: ExportFlags['input']): OnnxInput {
  return input === 'jpeg' ? reject('--input', '"tensor" or "pixels" for onnx', input) : input;
}

const TARGETS = {
  savedmodel: {
    suffix: '.savedmodel',
    async check(out, { modelVersion }) {
      const { requireExportable } = await import('../node/export-saved-model.js');
      await requireExportable(out, modelVersion);
    },
    async write(classifier, out, { input, modelVersion }) {
      const { exportSavedModel } = await import('../export/savedmodel/export.js');
      await exportSavedModel(classifier, out, {
        input,
        ...(modelVersion === undefined ? {} : { modelVersion }),
      });
      return 'a TensorFlow SavedModel: saved_model.pb, assets.extra/classes.txt';
    },
  },
  onnx: {
    suffix: '.onnx',
    async check(out, { input, modelVersion }) {
      onnxInput(input);
      if (modelVersion !== undefined) {
        reject('--model-version', 'none for onnx', modelVersion, 'it is for a SavedModel');
      }
      const [{ ONNX_FILE }, { requireFile }] = await Promise.all([
        import('../node/export-onnx.js'),
        import('../node/write/file.js'),
      ]);
      await requireFile(out, ONNX_FILE);
    },
    async write(classifier, out, { input }) {
      const { exportOnnx } = await import('../export/onnx/export.js');
      await exportOnnx(classifier, out, { input: onnxInput(input) });
      return 'an ONNX model, opset 17';
    },
  },
} satisfies Record<string, Target>;

/** A classifier's folder without a slash at its end; of an address, its last part, as what is written comes here. */
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
  const target: Target = TARGETS[flags.to];
  const to = flags.out ?? nameOf(folder) + target.suffix;
  await target.check(to, flags);
  const classifier = await openClassifier(terminal, folder);
  try {
    const what = await target.write(classifier, to, flags);
    terminal.say(`${to}: ${what}`);
  } finally {
    classifier.dispose();
  }
}

const HELP = `
Examples:
  $ resnet-heads export my-classifier --to savedmodel
  $ resnet-heads export my-classifier --to onnx --out model.onnx
  $ resnet-heads export my-classifier --to savedmodel --input jpeg --out serving --model-version 1
`;

/** `resnet-heads export`. */
export function exportCommand(terminal: Terminal): Command {
  return new Command('export')
    .summary('a classifier for other software')
    .description('Writes a classifier that `train` has written in a format of other software.')
    .argument(
      '<classifier>',
      'a folder that `train` has written, its address, or a name such as keras/resnet50',
    )
    .addOption(
      new Option('--to <format>', 'which').choices(Object.keys(TARGETS)).makeOptionMandatory(),
    )
    .option('--out <path>', 'where to (default: beside the classifier, such as my-classifier.onnx)')
    .addOption(
      new Option(
        '--input <kind>',
        'preprocessed images, pixels of any size, or the bytes of a JPEG',
      )
        .choices(['tensor', 'pixels', 'jpeg'])
        .default('tensor'),
    )
    .option('--model-version <n>', 'of a SavedModel: a subfolder, as TF Serving wants it', integer)
    .addHelpText('after', HELP)
    .action((folder: string, flags: ExportFlags) => exportClassifier(terminal, folder, flags));
}
