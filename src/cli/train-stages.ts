import type * as tf from '@tensorflow/tfjs';
import { percent } from '../numbers.js';
import { DEFAULT_EPOCHS } from '../train/training-options.js';
import type { Progress } from '../progress.js';
import { type Shown, showProgress } from './progress.js';
import type { Terminal } from './terminal.js';

/** A short label, so that an epoch's figures fit into 80 characters. */
const HEAD = 'head';

/** The head's stage with L-BFGS. */
const FITS = 'fitting the head';

const UNITS: Readonly<Record<string, 'epochs' | 'fits'>> = { [HEAD]: 'epochs', [FITS]: 'fits' };

/** `, loss 0.051, accuracy 100.0 %; validation 0.206, 93.8 %` */
function describeEpoch({ loss, acc, val_loss: unseen, val_acc: share }: tf.Logs): string {
  const training =
    loss === undefined ? '' : `, loss ${loss.toFixed(3)}, accuracy ${percent(acc ?? NaN)}`;
  return unseen === undefined
    ? training
    : `${training}; validation ${unseen.toFixed(3)}, ${percent(share ?? NaN)}`;
}

/** Shows the progress of training: one bar for each stage. */
export class Stages {
  private stage: string | undefined;
  private shown: Shown | undefined;

  constructor(
    private readonly terminal: Terminal,
    private readonly epochs = DEFAULT_EPOCHS,
  ) {}

  /** Whether Adam is training the head, so that there is a classifier to save at Ctrl-C. */
  get isTrainingHead(): boolean {
    return this.stage === HEAD;
  }

  readonly onProgress = ({ label, done, total = done, unit }: Progress): void => {
    // `onEpochEnd` shows epochs, with their figures.
    if (unit === 'epochs') return;
    if (unit === 'fits') this.enter(FITS).update(done, total);
    else this.enter(`extracting ${label}`).update(done, total);
  };

  readonly callbacks: tf.CustomCallbackArgs = {
    onTrainBegin: () => {
      this.enter(HEAD).update(0, this.epochs);
    },
    onEpochEnd: (epoch, logs = {}) => {
      this.enter(HEAD).update(epoch + 1, this.epochs, describeEpoch(logs));
    },
  };

  stop(): void {
    this.shown?.stop();
  }

  private enter(stage: string): Shown {
    if (this.shown === undefined || this.stage !== stage) {
      this.stop();
      this.stage = stage;
      this.shown = showProgress(this.terminal, stage, UNITS[stage] ?? 'pictures');
    }
    return this.shown;
  }
}
