import { Command, Option } from 'commander';
import type { ChartTheme } from '../analyze/chart.js';
import { putText } from './output.js';
import { imageBar } from './progress.js';
import type { Terminal } from './run.js';

interface EvaluateFlags {
  readonly format: 'text' | 'markdown' | 'json' | 'svg';
  readonly theme: ChartTheme;
  readonly output?: string;
  readonly strict?: boolean;
}

async function evaluate(
  { out, err, columns }: Terminal,
  dir: string,
  folder: string,
  { format, theme, output, strict }: EvaluateFlags,
): Promise<void> {
  const [{ useFastestBackend }, { loadClassifier }, { evaluateFolder }, explain] =
    await Promise.all([
      import('../node/backend.js'),
      import('../node/classifier-folder.js'),
      import('../node/evaluate-folder.js'),
      import('../explain/index.js'),
    ]);
  await useFastestBackend();
  const classifier = await loadClassifier(dir);
  const bar = imageBar();
  try {
    let done = 0;
    const { truth, predicted } = await evaluateFolder(classifier, folder, {
      strict: strict === true,
      onSkip: ({ message }) => {
        err(`skipped: ${message}\n`);
      },
      onProgress: (images, total) => {
        done += images;
        bar.update({ images: done, total });
      },
    });
    bar.stop();
    const confusion = explain.confusionMatrix(truth, predicted, classifier.metadata.classes);
    const text =
      format === 'svg'
        ? await explain.renderConfusion(confusion, { theme })
        : explain.formatConfusion(
            confusion,
            format,
            columns === undefined || output !== undefined ? {} : { width: columns },
          );
    await putText(out, text, output);
  } finally {
    bar.stop();
    classifier.dispose();
  }
}

/** `resnet-heads evaluate`. */
export function evaluateCommand(terminal: Terminal): Command {
  return new Command('evaluate')
    .summary('how right a classifier is')
    .description(
      'Runs a classifier that `train` has written over a folder of pictures, a sub-folder a class:\n' +
        'accuracy, confusion matrix, precision and recall of each class.',
    )
    .argument('<dir>', 'a saved classifier, or its address')
    .argument('<folder>', 'pictures, a sub-folder a class')
    .addOption(
      new Option('--format <name>', 'form of the output')
        .choices(['text', 'markdown', 'json', 'svg'])
        .default('text'),
    )
    .addOption(
      new Option('--theme <name>', 'of the page that an svg will stand on')
        .choices(['light', 'dark'])
        .default('light'),
    )
    .option('--output <file>', 'write to a file, whole or not at all')
    .option('--strict', 'end at a picture that can’t be decoded, instead of skipping it')
    .action((dir: string, folder: string, flags: EvaluateFlags) =>
      evaluate(terminal, dir, folder, flags),
    );
}
