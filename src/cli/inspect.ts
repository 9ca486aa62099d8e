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
  $ resnet-heads inspect model/model.json                  a TensorFlow.js layers model, without its weights
  $ resnet-heads inspect model.keras --format json         a model saved by Keras 3
  $ resnet-heads inspect https://host/model.json --input 224
`;

/** `resnet-heads inspect`. */
export function inspectCommand(terminal: Terminal): Command {
  const command = new Command('inspect')
    .summary('what a model costs, layer by layer')
    .description(
      'What a saved model costs, layer by layer and in all: parameters, MACs, FLOPs, memory. ' +
        'Its topology alone is read: no weights, and no model is built.',
    )
    .argument('<model>', 'path or URL of a model.json (layers model) or a .keras file')
    .addOption(
      new Option('--input <size>', 'size to count at, where the model leaves it open').argParser(
        size,
      ),
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
        await put(terminal, analyze(topology, inputShape ? { inputShape } : {}), flags);
      } finally {
        bar.stop();
      }
    });
}
