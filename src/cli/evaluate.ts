import { Command } from 'commander';
import type { Evaluation } from '../classifier/types.js';
import { chosenFormat, type OutputOptions, withOutput } from './options.js';
import { openClassifier } from './load.js';
import { putText, written } from './output.js';
import { describeAmbiguous } from './parts.js';
import { showProgress } from './progress.js';
import { type Terminal, warnTo } from './terminal.js';

interface EvaluateFlags extends OutputOptions {
  readonly all?: boolean;
  readonly strict?: boolean;
}

/** Says which pictures were measured, and how much that tells. */
function describe({ total, trainedOn, heldOut = 0, leftOut }: Evaluation): string {
  if (trainedOn === undefined) {
    return 'The classifier has no record of the pictures that it was trained on: if these are among them, expect a lower accuracy on others.';
  }
  if (trainedOn > 0) {
    return `The classifier was trained on ${trainedOn} of these ${total} pictures: expect a lower accuracy on others.`;
  }
  const measured =
    leftOut === 0
      ? 'The classifier was trained on none of these pictures.'
      : `These are the pictures that it was not trained on; ${leftOut} others are left out (--all measures them too).`;
  if (heldOut === 0) return measured;
  const which = heldOut === total ? 'The measured pictures' : `${heldOut} of the measured pictures`;
  return `${measured} ${which} were held out in training and chose the best epoch: expect a slightly lower accuracy on others.`;
}

async function evaluate(
  terminal: Terminal,
  source: string,
  pictures: string,
  flags: EvaluateFlags,
): Promise<void> {
  const { all = false, strict = false } = flags;
  const classifier = await openClassifier(terminal, source);
  const shown = showProgress(terminal, 'evaluating', 'pictures');
  try {
    const evaluation = await classifier.evaluate(pictures, {
      ...{ all, strict },
      onWarning: warnTo(terminal),
      onProgress: ({ done, total = done }) => {
        shown.update(done, total);
      },
    });
    shown.stop();
    for (const line of describeAmbiguous(evaluation.ambiguous)) terminal.err(line);
    const text = await written(terminal, evaluation, flags);
    const as = chosenFormat(flags);
    if (as === 'svg') terminal.err(describe(evaluation));
    const isTable = as === 'text' || as === 'markdown';
    await putText(terminal.out, isTable ? `${text}\n\n${describe(evaluation)}` : text, flags.out);
  } finally {
    shown.stop();
    classifier.dispose();
  }
}

/** `resnet-heads evaluate`. */
export function evaluateCommand(terminal: Terminal): Command {
  const command = new Command('evaluate')
    .summary('measure the accuracy of a classifier')
    .description(
      'Runs a classifier that `train` has written over a folder of pictures, one subfolder per class: ' +
        'accuracy, confusion matrix, precision and recall of each class. Pictures that it was trained on are ' +
        'left out, unless there are no others: of the folder that it was trained on, it measures the pictures ' +
        'that were held out.',
    )
    .argument('<classifier>', 'a folder that `train` has written, or its address')
    .argument(
      '<pictures>',
      'a folder with one subfolder per class or with val and those in it, or a .csv file',
    )
    .option('--all', 'measure the pictures that it was trained on, too')
    .option('--strict', 'end at a picture that can’t be decoded, instead of skipping it');
  return withOutput(command).action((source: string, pictures: string, flags: EvaluateFlags) =>
    evaluate(terminal, source, pictures, flags),
  );
}
