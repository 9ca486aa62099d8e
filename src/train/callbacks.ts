import * as tf from '@tensorflow/tfjs';
import type { Epoch } from './checkpoint.js';

/** Callbacks as for `model.fit`: an object of functions, or a list that may include those of `tf.callbacks`. */
export type Callbacks = tf.CustomCallbackArgs | readonly (tf.CustomCallbackArgs | tf.Callback)[];

type CallbackLike = tf.CustomCallbackArgs | tf.Callback;

type TrainEvent = 'onTrainBegin' | 'onTrainEnd';

type Event = 'onEpochBegin' | 'onEpochEnd' | 'onBatchBegin' | 'onBatchEnd';

/** The part of a callback that is used here; TensorFlow.js doesn't export its base class. */
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

/** A sequential model keeps `stopTraining` in a model of its own, which isn't there before `compile` or `predict`. */
function buildInner(model: tf.LayersModel): void {
  if (!(model instanceof tf.Sequential)) return;
  const { model: inner } = model as unknown as { readonly model?: tf.LayersModel | null };
  if (!inner) model.build();
}

export interface CallbackParams {
  readonly epochs: number;
  readonly samples: number | undefined;
  readonly validation: boolean;
}

/** Calls TensorFlow.js callbacks as `model.fit` does. */
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
    buildInner(model);
    this.model = model;
    this.model.stopTraining = false;
    const metrics = ['loss', 'acc', ...(validation ? ['val_loss', 'val_acc'] : [])];
    for (const callback of this.callbacks) {
      callback.setParams({ epochs, samples, metrics, verbose: 0, doValidation: validation });
      callback.setModel(model);
    }
  }

  /** Whether one of them has stopped training, as `tf.callbacks.earlyStopping` does. */
  get stopped(): boolean {
    return this.model.stopTraining === true;
  }

  /** Whether one of them has a function for an event. */
  hears(event: Event | TrainEvent): boolean {
    const field = `${event.charAt(2).toLowerCase()}${event.slice(3)}`;
    return this.callbacks.some((callback) =>
      callback instanceof tf.CustomCallback
        ? (callback as unknown as Record<string, unknown>)[field] != null
        : callback[event] !== tf.Callback.prototype[event],
    );
  }

  /** @param index of the epoch or batch */
  async call(event: Event | TrainEvent, index: number, logs: tf.Logs): Promise<void> {
    for (const callback of this.callbacks) {
      if (event === 'onTrainBegin' || event === 'onTrainEnd') await callback[event](logs);
      else await callback[event](index, logs);
    }
  }
}

/** An epoch's results under the names that `model.fit` uses. */
export const logsOf = ({ loss, accuracy, validationLoss, validationAccuracy }: Epoch): tf.Logs => ({
  loss,
  acc: accuracy,
  ...(validationLoss === undefined ? {} : { val_loss: validationLoss }),
  ...(validationAccuracy === undefined ? {} : { val_acc: validationAccuracy }),
});
