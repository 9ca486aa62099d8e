import { extname } from 'node:path';
import type { Classifier } from '../classifier/types.js';
import { percent } from '../numbers.js';
import type { Outcome } from '../train/training-loop.js';

const counted = (epochs: number): string => `${epochs} epoch${epochs === 1 ? '' : 's'}`;

/** How training came to its end, after so many epochs. */
const ENDS: Readonly<Record<Outcome['endedBy'], (epochs: number) => string>> = {
  epochs: (epochs) => `stopped after ${counted(epochs)}`,
  patience: (epochs) => `stopped after ${counted(epochs)}, as validation no longer improved`,
  callback: (epochs) => `stopped by a callback after ${counted(epochs)}`,
  signal: (epochs) => `interrupted after ${counted(epochs)}; --resume continues`,
};

/** A path as a shell takes it. */
const quoted = (path: string): string =>
  /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;

/** What came of training, for people. */
export function describeTraining(
  classifier: Classifier,
  pictures: string,
  { out, engine }: { readonly out: string; readonly engine: string },
): string[] {
  const { classes, training } = classifier;
  if (training === undefined) throw new Error('expected a classifier that was trained');
  const { history, bestEpoch, endedBy, computed, unused } = training;
  const { train, validation } = training.pictures;
  const best = history[bestEpoch];
  // Rows of a .csv file are no file of their own.
  const [tests] = extname(pictures).toLowerCase() === '.csv' ? [] : unused;
  const held =
    validation === 0 ? '' : `, in validation ${percent(best?.validationAccuracy ?? NaN)}`;
  return [
    `${classes.length} classes, ${train} pictures to train on and ${validation} to validate on`,
    `features: ${computed} computed (${engine}), ${train + validation - computed} from the cache`,
    `${ENDS[endedBy](history.length)}; best: epoch ${bestEpoch + 1}`,
    `accuracy in training ${percent(best?.accuracy ?? NaN)}${held}`,
    `${out}: model.json, weights.bin, metadata.json`,
    `next: npx resnet-heads evaluate ${quoted(out)} ${quoted(tests ?? pictures)}`,
  ];
}
