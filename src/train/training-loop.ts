import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import { pauser } from '../event-loop.js';
import { seedAt } from '../random.js';
import { Adam, type Trainable, trainableWeights } from './adam.js';
import { CallbackList, logsOf } from './callbacks.js';
import {
  CheckpointSaver,
  type Epoch,
  type Figures,
  figuresOf,
  heldOf,
  requireStateOf,
  type TrainingState,
} from './checkpoint.js';
import type { AdamOutcome, Batch, Batches, Course } from './course.js';
import { Dropouts } from './dropouts.js';
import {
  lossOf,
  requireFiniteLoss,
  requireFiniteValidation,
  requireFiniteWeights,
  rightOf,
} from './logits.js';
import { targetsOf } from './labels.js';
import { evaluate, type Measure, pass, readMeasure, scoresIn } from './passes.js';
import { readArrays, Snapshot, writeArrays } from './snapshot.js';
import { LEARNING_RATE, type Settings } from './training-options.js';

/** Kinds of random draws, each with seeds of its own. */
export const DRAWS = { order: 0, dropout: 1 } as const;

/** A training run with Adam on logits. */
export class TrainingLoop {
  private readonly adam: Adam;
  private readonly weights: readonly Trainable[];
  private readonly dropouts: Dropouts;
  private readonly history: Epoch[] = [];
  private best: Snapshot | undefined;
  private bestEpoch = 0;
  private readonly pause = pauser();

  constructor(
    private readonly course: Course,
    private readonly settings: Settings,
  ) {
    this.weights = trainableWeights(course.model);
    this.adam = course.adam ?? new Adam(this.weights, settings.learningRate ?? LEARNING_RATE);
    this.dropouts = new Dropouts(course.model);
  }

  /** @throws ArgumentError if the checkpoint belongs to another model, or a loss becomes infinite or NaN */
  async run(): Promise<AdamOutcome> {
    const { model, samples, validation, restores, inputs } = this.course;
    const { epochs, patience, callbacks, onEpoch, checkpoint, signal } = this.settings;
    const before = restores ? new Snapshot(this.weights) : undefined;
    const saver = checkpoint && new CheckpointSaver(checkpoint);
    try {
      const params = { epochs, samples, validation: validation !== undefined };
      const list = new CallbackList(callbacks, model, params);
      inputs?.enter();
      await this.resume();
      await this.tell(list, 'onTrainBegin');
      let endedBy: AdamOutcome['endedBy'] = 'epochs';
      for (let epoch = this.history.length; epoch < epochs; epoch++) {
        if (signal?.aborted === true) endedBy = 'signal';
        else if (epoch - this.bestEpoch > patience) endedBy = 'patience';
        if (endedBy !== 'epochs') break;
        await this.tell(list, 'onEpochBegin', epoch);
        const done = await this.unlessEnded(this.epoch(epoch, list));
        if (done === undefined) {
          endedBy = 'signal';
          break;
        }
        this.history.push(done);
        this.keepBest(done);
        await saver?.offer(() => this.state());
        await this.tell(list, 'onEpochEnd', epoch, logsOf(done));
        if (onEpoch) await this.reveal(() => onEpoch(done));
        if (list.stopped) {
          endedBy = 'callback';
          break;
        }
      }
      if (endedBy === 'signal') await saver?.finish(() => this.state());
      await this.tell(list, 'onTrainEnd');
      this.best?.restore();
      const { history, bestEpoch } = this;
      const figures = await this.figures();
      inputs?.leave();
      // Converted back, the weights would differ by rounding.
      if (history.length === 0) before?.restore();
      await requireFiniteWeights(this.weights, this.rate);
      return { solver: 'adam', ...figures, history, bestEpoch, endedBy };
    } catch (error) {
      before?.restore();
      throw error;
    } finally {
      this.dropouts.restore();
      before?.dispose();
      this.adam.dispose();
      this.best?.dispose();
    }
  }

  /** Calls a function while the model's weights are those for the features as they are. */
  private async reveal(call: () => unknown): Promise<void> {
    const { inputs } = this.course;
    await (inputs ? inputs.reveal(call) : call());
  }

  private async tell(
    list: CallbackList,
    event: Parameters<CallbackList['call']>[0],
    index = 0,
    logs: tf.Logs = {},
  ): Promise<void> {
    if (list.hears(event)) await this.reveal(() => list.call(event, index, logs));
  }

  /** The learning rate, as an error message gives it. */
  private get rate() {
    return this.settings.learningRate ?? 'the default';
  }

  private async figures(): Promise<Figures> {
    const { epoch, ...best } = this.history[this.bestEpoch] ?? NO_EPOCH;
    const { seen } = this.course;
    if (seen === undefined || this.history.length === 0) return best;
    const measured = await this.unlessEnded(this.evaluate(seen(epoch)));
    return measured === undefined ? best : figuresOf(measured, heldOf(best));
  }

  /** Waits for work; undefined if the signal has ended it and there is an epoch to keep. */
  private async unlessEnded<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      const { signal } = this.settings;
      const isEnd = signal?.aborted === true && error === signal.reason;
      if (isEnd && this.course.isStored === true && this.history.length > 0) return undefined;
      throw error;
    }
  }

  private async epoch(epoch: number, list: CallbackList): Promise<Epoch> {
    const { training, validation } = this.course;
    const use = async (batch: Batch, index: number) => {
      await this.tell(list, 'onBatchBegin', index);
      const measure = await this.step(batch);
      const logs = { batch: index, size: batch.labels.length, loss: measure.loss };
      await this.tell(list, 'onBatchEnd', index, logs);
      return measure;
    };
    const learned = await pass(training(epoch), use, this.pause);
    const held = validation && (await this.evaluate(validation(epoch)));
    if (held) requireFiniteValidation(held.loss);
    return { epoch, ...figuresOf(learned, held) };
  }

  private async step(batch: Batch): Promise<Measure> {
    const { inputs, labels } = batch;
    const { model, kind, classWeights, logits: direct } = this.course;
    const { seed } = this.settings;
    this.dropouts.seed((i) => seedAt(seed + i, DRAWS.dropout, this.adam.steps));
    const variables = this.weights.map(({ variable }) => variable);
    const rights: tf.Tensor1D[] = [];
    try {
      const loss = tf.tidy(() => {
        const weights = classWeights && tf.tensor1d(weightsOf(labels, classWeights));
        const { value, grads } = tf.variableGrads(() => {
          const logits = direct?.(inputs) ?? (model.apply(inputs, { training: true }) as tf.Tensor);
          const targets = targetsOf(batch, scoresIn(logits));
          // variableGrads disposes everything but the loss.
          rights.push(tf.keep(rightOf(kind, logits, batch, targets)));
          return lossOf(kind, logits, targets, weights);
        }, variables);
        this.adam.apply(grads);
        return value;
      });
      const measure = await readMeasure(loss, ...rights);
      requireFiniteLoss(measure.loss, this.rate);
      return measure;
    } finally {
      tf.dispose(rights);
    }
  }

  private evaluate(batches: ReturnType<Batches>) {
    return evaluate(this.course, batches, this.pause);
  }

  private keepBest({ epoch, validationLoss }: Epoch): void {
    const least = this.history[this.bestEpoch]?.validationLoss ?? Infinity;
    const better = validationLoss === undefined || validationLoss < least || epoch === 0;
    if (!better) return;
    this.bestEpoch = epoch;
    // Without validation, the last weights count as the best, and the model has them, unless the signal ends the next epoch.
    const { signal } = this.settings;
    if (validationLoss === undefined && !(this.course.isStored === true && signal)) return;
    this.best?.dispose();
    this.best = new Snapshot(this.weights);
  }

  private async state(): Promise<TrainingState> {
    const { history, bestEpoch, adam } = this;
    return {
      ...{ history, bestEpoch, steps: adam.steps },
      weights: await readArrays(this.weights),
      moments: await readArrays(adam.moments),
      best: (await this.best?.arrays()) ?? [],
    };
  }

  private async resume(): Promise<void> {
    const state = await this.settings.checkpoint?.load();
    if (state === undefined) return;
    requireStateOf(this.weights, this.adam.moments, state);
    writeArrays(this.weights, state.weights);
    writeArrays(this.adam.moments, state.moments);
    this.adam.steps = state.steps;
    this.history.push(...state.history);
    this.bestEpoch = state.bestEpoch;
    if (state.best.length > 0) this.best = Snapshot.of(this.weights, state.best);
  }
}

const NO_EPOCH: Epoch = { epoch: 0, loss: NaN, accuracy: NaN };

const weightsOf = (labels: Int32Array, classWeights: Float32Array): Float32Array =>
  Float32Array.from(labels, (label) => present(classWeights[label], 'weight of a class'));
