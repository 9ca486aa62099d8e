import * as tf from '@tensorflow/tfjs';
import type { Epoch } from './checkpoint.js';

/** Callbacks as `model.fit` takes them: functions, or a list with what `tf.callbacks` makes among it. */
export type Callbacks = tf.CustomCallbackArgs | readonly (tf.CustomCallbackArgs | tf.Callback)[];

type CallbackLike = tf.CustomCallbackArgs | tf.Callback;

type TrainEvent = 'onTrainBegin' | 'onTrainEnd';

type Event = 'onEpochBegin' | 'onEpochEnd' | 'onBatchBegin' | 'onBatchEnd';

/** What is used of a callback, whose base class TensorFlow.js doesn't export. */
type Callback = Readonly<
  Record<TrainEvent, (logs: tf.Logs) => Promise<void>> &
    Record<Event, (index: number, logs: tf.Logs) => Promise<void>>
> & {
  setParams(params: Record<string, unknown>): void;
  setModel(model: tf.LayersModel): void;
};

const isList = (callbacks: Callbacks): callbacks is readonly CallbackLike[] =>
  Array.isArray(callbacks);

const isCallback = (value: CallbackLike): boolean =>
  typeof (value as Partial<Callback>).setModel === 'function';

export interface CallbackParams {
  readonly epochs: number;
  readonly samples: number | undefined;
  readonly validation: boolean;
}

/** Callbacks of TensorFlow.js, called as `model.fit` calls them. */
export class CallbackList {
  private readonly callbacks: readonly Callback[];
  private readonly model: { stopTraining?: boolean };

  constructor(
    callbacks: Callbacks | undefined,
    model: tf.LayersModel,
    { epochs, samples, validation }: CallbackParams,
  ) {
    const list: readonly CallbackLike[] =
      callbacks === undefined ? [] : isList(callbacks) ? callbacks : [callbacks];
    this.callbacks = list.map(
      (each) =>
        (isCallback(each)
          ? each
          : new tf.CustomCallback(each as tf.CustomCallbackArgs, 'never')) as unknown as Callback,
    );
    this.model = model;
    this.model.stopTraining = false;
    const metrics = ['loss', 'acc', ...(validation ? ['val_loss', 'val_acc'] : [])];
    for (const callback of this.callbacks) {
      callback.setParams({ epochs, samples, metrics, verbose: 0, doValidation: validation });
      callback.setModel(model);
    }
  }

  /** Whether one of them has asked for the end, as `tf.callbacks.earlyStopping` does. */
  get stopped(): boolean {
    return this.model.stopTraining === true;
  }

  async call(event: TrainEvent): Promise<void>;
  async call(event: Event, index: number, logs?: tf.Logs): Promise<void>;
  async call(event: Event | TrainEvent, index = 0, logs: tf.Logs = {}): Promise<void> {
    for (const callback of this.callbacks) {
      if (event === 'onTrainBegin' || event === 'onTrainEnd') await callback[event](logs);
      else await callback[event](index, logs);
    }
  }
}

/** An epoch as `model.fit` names its figures. */
export const logsOf = ({ loss, accuracy, validationLoss, validationAccuracy }: Epoch): tf.Logs => ({
  loss,
  acc: accuracy,
  ...(validationLoss === undefined ? {} : { val_loss: validationLoss }),
  ...(validationAccuracy === undefined ? {} : { val_acc: validationAccuracy }),
});
