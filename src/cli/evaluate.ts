import { Command } from 'commander';
import { confusionMatrix } from '../explain/confusion.js';
import type { Evaluation } from '../node/evaluate-folder.js';
import { chooseBackend } from './backend.js';
import { chosenFormat, type OutputOptions, withOutput } from './options.js';
import { putText, written } from './output.js';
import { describeAmbiguous } from './parts.js';
import { showProgress } from './progress.js';
import type { Terminal } from './terminal.js';

interface EvaluateFlags extends OutputOptions {
  readonly all?: boolean;
  readonly strict?: boolean;
}

/** Says which pictures were measured, and how much that tells. */
function describe({ images, trainedOn, leftOut }: Evaluation): string {
  if (trainedOn === undefined) {
    return 'The classifier has no record of the pictures that it was trained on: if these are among them, expect a lower accuracy on others.';
  }
  if (trainedOn > 0) {
    return `The classifier was trained on ${trainedOn} of these ${images.length} pictures: expect a lower accuracy on others.`;
  }
  return leftOut === 0
    ? 'The classifier was trained on none of these pictures.'
    : `These are the pictures that it was not trained on; ${leftOut} others are left out (--all measures them too).`;
}

/** The evaluation as `--format` has it. */
async function write(
  evaluation: Evaluation,
  classes: readonly string[],
  flags: EvaluateFlags,
  terminal: Terminal,
): Promise<string> {
  const confusion = confusionMatrix(evaluation.truth, evaluation.predicted, classes);
  const as = chosenFormat(flags);
  if (as === 'json') {
    const { images, trainedOn = null, leftOut } = evaluation;
    const pictures = { measured: images.length, trainedOn, leftOut };
    return JSON.stringify({ ...confusion, pictures }, null, 2);
  }
  const text = await written(terminal, confusion, flags);
  if (as !== 'svg') return `${text}\n\n${describe(evaluation)}`;
  terminal.err(describe(evaluation));
  return text;
}

async function evaluate(
  terminal: Terminal,
  dir: string,
  folder: string,
  flags: EvaluateFlags,
): Promise<void> {
  const { out, err } = terminal;
  const { output, all, strict } = flags;
  const [{ loadClassifier }, { evaluateFolder }] = await Promise.all([
    import('../node/classifier-folder.js'),
    import('../node/evaluate-folder.js'),
  ]);
  await chooseBackend(terminal);
  const classifier = await loadClassifier(dir);
  const shown = showProgress(terminal, 'evaluating', 'pictures');
  try {
    let done = 0;
    const evaluation = await evaluateFolder(classifier, folder, {
      pictures: all === true ? 'all' : 'unseen',
      strict: strict === true,
      onSkip: ({ message }) => {
        err(`skipped: ${message}`);
      },
      onProgress: (images, total) => {
        done += images;
        shown.update(done, total);
      },
    });
    shown.stop();
    for (const line of describeAmbiguous(evaluation.ambiguous)) err(line);
    const text = await write(evaluation, classifier.metadata.classes, flags, terminal);
    await putText(out, text, output);
  } finally {
    shown.stop();
    classifier.dispose();
  }
}

/** `resnet-heads evaluate`. */
export function evaluateCommand(terminal: Terminal): Command {
  const command = new Command('evaluate')
    .summary('how right a classifier is')
    .description(
      'Runs a classifier that `train` has written over a folder of pictures, one sub-folder per class:\n' +
        'accuracy, confusion matrix, precision and recall of each class. Pictures that it was trained on are\n' +
        'left out, unless there are no others: of the folder that it was trained on, it measures the pictures\n' +
        'that were held out.',
    )
    .argument('<dir>', 'a saved classifier, or its address')
    .argument('<folder>', 'pictures, one sub-folder per class; or val with those in it')
    .option('--all', 'measure the pictures that it was trained on, too')
    .option('--strict', 'end at a picture that can’t be decoded, instead of skipping it');
  return withOutput(command).action((dir: string, folder: string, flags: EvaluateFlags) =>
    evaluate(terminal, dir, folder, flags),
  );
}
