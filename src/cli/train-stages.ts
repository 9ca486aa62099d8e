import type * as tf from '@tensorflow/tfjs';
import type { TrainProgress } from '../node/train-options.js';
import { percent } from '../numbers.js';
import { type Shown, showProgress } from './progress.js';
import type { Terminal } from './terminal.js';

const LABELS = {
  training: 'extracting training features',
  validation: 'extracting validation features',
  // Short, so that an epoch's figures fit into 80 characters.
  head: 'head',
} as const;

type Stage = keyof typeof LABELS;

/** `, loss 0.051, accuracy 100.0%; validation 0.206, 93.8%` */
function describeEpoch({
  loss,
  acc = NaN,
  val_loss: unseen,
  val_acc: share = NaN,
}: tf.Logs): string {
  const training = loss === undefined ? '' : `, loss ${loss.toFixed(3)}, accuracy ${percent(acc)}`;
  return unseen === undefined
    ? training
    : `${training}; validation ${unseen.toFixed(3)}, ${percent(share)}`;
}

/** Shows what training is at: one stage after the other. */
export class Stages {
  private stage: Stage | undefined;
  private shown: Shown | undefined;

  constructor(private readonly terminal: Terminal) {}

  /** Whether there will be a classifier, whenever training ends. */
  get isTrainingHead(): boolean {
    return this.stage === 'head';
  }

  readonly onProgress = ({ part, images, total = images }: TrainProgress): void => {
    this.enter(part).update(images, total);
  };

  /** Callbacks as `fitHead` takes them. */
  callbacks(epochs: number): tf.CustomCallbackArgs {
    return {
      onTrainBegin: () => {
        this.enter('head').update(0, epochs);
      },
      onEpochEnd: (epoch, logs = {}) => {
        this.enter('head').update(epoch + 1, epochs, describeEpoch(logs));
      },
    };
  }

  stop(): void {
    this.shown?.stop();
  }

  private enter(stage: Stage): Shown {
    if (this.shown === undefined || this.stage !== stage) {
      this.stop();
      this.stage = stage;
      const unit = stage === 'head' ? 'epochs' : 'pictures';
      this.shown = showProgress(this.terminal, LABELS[stage], unit);
    }
    return this.shown;
  }
}
