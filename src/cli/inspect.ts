import { Command, Option } from 'commander';
import { analyze } from '../analyze/analyze.js';
import { type OutputOptions, size, withOutput } from './options.js';
import { put } from './output.js';
import { showDownload } from './progress.js';
import type { Terminal } from './terminal.js';

interface InspectFlags extends OutputOptions {
  readonly input?: readonly number[];
}

const HELP = `
Examples:
  $ resnet-heads inspect model/                            a layers model, or a classifier that train wrote
  $ resnet-heads inspect model.keras --format json         a model saved by Keras 3
  $ resnet-heads inspect model.onnx                        an ONNX file
  $ resnet-heads inspect https://host/model.json --input 224
`;

/** `resnet-heads inspect`. */
export function inspectCommand(terminal: Terminal): Command {
  const command = new Command('inspect')
    .summary('show what a model costs, layer by layer')
    .description(
      'Shows what a saved model costs, in total and layer by layer: parameters, MACs, FLOPs and memory. ' +
        'Only its topology is read, not its weights; no model is built. ' +
        'Of an ONNX file, a row is an operator, named after its output.',
    )
    .argument(
      '<model>',
      'folder of a layers model or of a classifier, or path or URL of a model.json, a .keras file or an ONNX file',
    )
    .addOption(
      new Option(
        '--input <size>',
        'input size in pixels, for a model that accepts any size',
      ).argParser(size),
    );
  return withOutput(command)
    .addHelpText('after', HELP)
    .action(async (model: string, flags: InspectFlags) => {
      const { readTopologyFile } = await import('../node/read-topology.js');
      const bar = showDownload(terminal);
      try {
        const topology = await readTopologyFile(model, { onProgress: bar.update });
        bar.stop();
        const { input: inputShape } = flags;
        const options = inputShape ? { inputShape } : {};
        const stats =
          topology instanceof Uint8Array
            ? await analyze(topology, options)
            : analyze(topology, options);
        await put(terminal, stats, flags);
      } finally {
        bar.stop();
      }
    });
}
