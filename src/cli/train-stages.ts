import type * as tf from '@tensorflow/tfjs';
import type { TrainProgress } from '../node/train-folder.js';
import { type Shown, showProgress } from './progress.js';
import type { Terminal } from './terminal.js';

const LABELS = {
  training: 'extracting training features',
  validation: 'extracting validation features',
  head: 'training the head',
} as const;

type Stage = keyof typeof LABELS;

export const percent = (share: number | undefined): string =>
  share === undefined ? '' : `${(100 * share).toFixed(1)} %`;

function figures(part: string, loss: number | undefined, accuracy: number | undefined): string {
  return loss === undefined
    ? ''
    : `; ${part}: loss ${loss.toFixed(3)}, accuracy ${percent(accuracy)}`;
}

const describeEpoch = (logs: tf.Logs): string =>
  figures('training', logs['loss'], logs['acc']) +
  figures('validation', logs['val_loss'], logs['val_acc']);

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
