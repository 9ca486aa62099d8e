import { extname } from 'node:path';
import type { Classifier } from '../classifier/types.js';
import { percent } from '../numbers.js';
import type { Outcome } from '../train/training-loop.js';

const counted = (epochs: number): string => `${epochs} epoch${epochs === 1 ? '' : 's'}`;

/** Why training stopped, by `endedBy`. */
const ENDS: Readonly<Record<Outcome['endedBy'], (epochs: number) => string>> = {
  epochs: (epochs) => `stopped after ${counted(epochs)}`,
  patience: (epochs) => `stopped after ${counted(epochs)}: validation no longer improved`,
  callback: (epochs) => `stopped by a callback after ${counted(epochs)}`,
  signal: (epochs) => `interrupted after ${counted(epochs)}; --resume continues`,
};

/** A path quoted for a shell. */
const quoted = (path: string): string =>
  /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;

/** The lines that `train` prints at its end. */
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
  // The unused rows of a .csv file are not a file that evaluate could read.
  const [tests] = extname(pictures).toLowerCase() === '.csv' ? [] : unused;
  const held =
    validation === 0 ? '' : `, validation accuracy ${percent(best?.validationAccuracy ?? NaN)}`;
  return [
    `${classes.length} classes, ${train} training pictures, ${validation} validation pictures`,
    `features: ${computed} computed (${engine}), ${train + validation - computed} from the cache`,
    `${ENDS[endedBy](history.length)}; best epoch: ${bestEpoch + 1}`,
    `training accuracy ${percent(best?.accuracy ?? NaN)}${held}`,
    `${out}: model.json, weights.bin, metadata.json`,
    `next: npx resnet-heads evaluate ${quoted(out)} ${quoted(tests ?? pictures)}`,
  ];
}
