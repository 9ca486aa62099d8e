import { Command } from 'commander';
import type { Evaluation } from '../classifier/evaluation.js';
import { describeMeasured } from '../html-report/measured.js';
import type { EngineName } from '../engine/names.js';
import { ArgumentError } from '../errors.js';
import type { Calibration } from '../explain/calibration.js';
import type { ViewName } from '../pictures/views.js';
import {
  chosenFormat,
  type OutputOptions,
  averagedViews,
  engineOption,
  withOutput,
} from './options.js';
import { openClassifier, tellEngine } from './load.js';
import { featuresOption, picturesOr, placeOf } from './features-flag.js';
import { putText, written } from './output.js';
import { describeAmbiguous } from './parts.js';
import { showProgress } from './progress.js';
import { type Terminal, warnTo } from './terminal.js';

interface EvaluateFlags extends OutputOptions {
  readonly features?: string;
  readonly all?: boolean;
  readonly strict?: boolean;
  readonly reliability?: boolean;
  readonly views?: readonly ViewName[];
  readonly engine?: EngineName;
}

/** @throws ArgumentError if pictures can have several labels */
function calibrationOf(evaluation: Evaluation): Calibration {
  if (evaluation.kind === 'confusion') return evaluation.calibration;
  throw new ArgumentError(
    '--reliability: expected a classifier with one label per picture, got one with several; omit this option',
  );
}

async function evaluate(
  terminal: Terminal,
  source: string,
  given: string | undefined,
  flags: EvaluateFlags,
): Promise<void> {
  const place = placeOf(given, flags);
  const { all = false, strict = false, views } = flags;
  const classifier = await openClassifier(terminal, source, flags.engine);
  const shown = showProgress(terminal, 'evaluating', 'pictures');
  try {
    const evaluation = await classifier.evaluate(await picturesOr(place, flags), {
      ...{ all, strict },
      ...(views && { views }),
      onWarning: warnTo(terminal),
      onProgress: ({ done, total = done }) => {
        shown.update(done, total);
      },
    });
    shown.stop();
    await tellEngine(terminal, classifier);
    for (const line of describeAmbiguous(evaluation.ambiguous)) terminal.err(line);
    const subject = flags.reliability === true ? calibrationOf(evaluation) : evaluation;
    const text = await written(terminal, subject, flags);
    const as = chosenFormat(flags);
    const described = describeMeasured(evaluation, ' (--all includes them)');
    if (as === 'svg') terminal.err(described);
    const isTable = as === 'text' || as === 'markdown';
    await putText(terminal.out, isTable ? `${text}\n\n${described}` : text, flags.out);
  } finally {
    shown.stop();
    classifier.dispose();
  }
}

/** `resnet-heads evaluate`. */
export function evaluateCommand(terminal: Terminal): Command {
  const command = new Command('evaluate')
    .summary('measure a classifier’s accuracy on a folder of pictures')
    .description(
      'Measures a classifier on a folder of pictures: accuracy, confusion matrix, precision and recall of ' +
        'each class, and calibration error; with several labels per picture, average precision and F1. ' +
        'Pictures that the classifier was trained on are left out, unless there are no others; in ' +
        'the folder that it was trained on, the held-out pictures are measured.',
    )
    .argument(
      '<classifier>',
      'a folder that `train` has written, its URL, or an .onnx file that `export` has written',
    )
    .argument(
      '[pictures]',
      'a folder with one subfolder per class (in `val` if there is one), or a .csv file',
    )
    .addOption(
      featuresOption(
        'measure on a folder of features that `extract` has written, by the classifier’s backbone, in place of pictures',
        ['views', 'engine', 'strict'],
      ),
    )
    .option('--all', 'include the pictures that the classifier was trained on')
    .option(
      '--reliability',
      'show how often predictions of each probability are right, instead of the confusion matrix',
    )
    .addOption(averagedViews())
    .addOption(engineOption())
    .option('--strict', 'stop at a picture that can’t be decoded, instead of skipping it');
  return withOutput(command).action(
    (source: string, pictures: string | undefined, flags: EvaluateFlags) =>
      evaluate(terminal, source, pictures, flags),
  );
}
