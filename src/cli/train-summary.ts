import { extname } from 'node:path';
import type { Classifier } from '../classifier/types.js';
import { FAMILIARITY_FILE } from '../classifier/familiarity/familiarity.js';
import { figures, percent } from '../numbers.js';
import { ONNX_FILE } from '../train/saved/files.js';
import type { AdamOutcome } from '../train/course.js';
import type { Training } from '../classifier/types.js';
import { libraryOf } from './library.js';
import { quotedPath } from './shell.js';
import type { TrainFlags } from './train-flags.js';

const counted = (epochs: number): string => `${epochs} epoch${epochs === 1 ? '' : 's'}`;

/** Why training stopped, by `endedBy`. */
const ENDS: Readonly<Record<AdamOutcome['endedBy'], (epochs: number) => string>> = {
  epochs: (epochs) => `stopped after ${counted(epochs)}`,
  patience: (epochs) => `stopped after ${counted(epochs)}: validation no longer improved`,
  callback: (epochs) => `stopped by a callback after ${counted(epochs)}`,
  signal: (epochs) => `interrupted after ${counted(epochs)}; --resume continues`,
};

/** How the weights came about. */
function describeFit(training: Training): string {
  if (training.solver === 'adam') {
    const { endedBy, history, bestEpoch, temperature } = training;
    const divided = temperature === 1 ? '' : `; temperature: ${figures(temperature)}`;
    return `${ENDS[endedBy](history.length)}; best epoch: ${bestEpoch + 1}${divided}`;
  }
  const { l2, path } = training;
  const chosen = path.length === 0 ? '' : `, chosen from ${path.length}`;
  return `fitted by L-BFGS; L2 penalty: ${figures(l2)}${chosen}`;
}

interface Told {
  readonly flags: Pick<TrainFlags, 'out' | 'features'>;
  readonly backend: string;
  /** What int8 costs, if the backbone was quantised. */
  readonly cost?: string | undefined;
  /** How many pictures `--exclude` leaves out. */
  readonly excluded: number;
}

/** The lines that `train` prints at its end. */
export function describeTraining(
  classifier: Classifier,
  { flags: { out, features }, backend, cost, excluded }: Told,
): string[] {
  const { classes, training } = classifier;
  if (training === undefined) throw new Error('expected a classifier that was trained');
  const { accuracy, validationAccuracy, computed, engine } = training;
  const { train, validation } = training.pictures;
  // Subset accuracy, which is lower than that of single labels.
  const what = classifier.thresholds === undefined ? 'accuracy' : 'accuracy (all labels right)';
  const held =
    validationAccuracy === undefined
      ? ''
      : `, ${validation === 0 ? 'cross-validation' : 'validation'} ${what} ${percent(validationAccuracy)}`;
  const by = engine ? ` by ${libraryOf(engine, backend)}` : '';
  const files = [
    ...['model.json', 'weights.bin', 'metadata.json'],
    ...(classifier.knowsFamiliarity ? [FAMILIARITY_FILE] : []),
    ...(classifier.backbone.onnx ? [ONNX_FILE] : []),
  ];
  return [
    `${classes.length} classes, ${train} training pictures, ${validation} validation pictures${excluded === 0 ? '' : `; ${excluded} left out by --exclude`}`,
    features === undefined
      ? `features: ${computed} computed${by}, ${train + validation - computed} from the cache`
      : `features: ${train + validation} in ${features}, computed${by}`,
    describeFit(training),
    `training ${what} ${percent(accuracy)}${held}`,
    ...(cost === undefined ? [] : [cost]),
    `${out}: ${files.join(', ')}`,
  ];
}

/** The line that `train` ends with: what to do next. */
export function describeNext(
  { training }: Classifier,
  pictures: string,
  { out, from, features }: Pick<TrainFlags, 'out' | 'from' | 'features'>,
): string {
  const next = `next: npx resnet-heads evaluate ${quotedPath(out)}`;
  if (features !== undefined) return `${next} --features ${quotedPath(features)}`;
  // The unused rows of a .csv file are not a file that evaluate could read.
  const [tests] = extname(pictures).toLowerCase() === '.csv' ? [] : (training?.unused ?? []);
  const which = from === undefined ? '' : ', which measures these pictures only';
  return `${next} ${quotedPath(tests ?? pictures)}${which}`;
}
