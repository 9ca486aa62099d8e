import * as tf from '@tensorflow/tfjs';
import { pauser } from '../event-loop.js';
import { Adam, type Trainable, trainableWeights } from './adam.js';
import { CallbackList, type Callbacks } from './callbacks.js';
import { type Checkpoint, type Epoch, requireStateOf, type TrainingState } from './checkpoint.js';
import type { ScoreKind } from '../model/scores.js';
import { classesOf, lossOf, requireFiniteLoss, requireFiniteValidation } from './logits.js';
import { seedAt, shuffled } from '../random.js';
import { Snapshot } from './snapshot.js';

/** Kinds of things that are drawn, each from seeds of its own. */
const DRAWS = { order: 0, dropout: 1 } as const;

/** Options, checked and filled in. */
export interface Settings {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly patience: number;
  readonly seed: number;
  readonly callbacks: Callbacks | undefined;
  readonly checkpoint: Checkpoint | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What came of training. */
export interface Outcome {
  readonly history: readonly Epoch[];
  /** Whose weights these are: the one of the least loss in validation, else the last. */
  readonly bestEpoch: number;
  readonly endedBy: 'epochs' | 'patience' | 'signal' | 'callback';
}

/** What the learning part of a head takes, with the class of each. */
export interface Examples {
  readonly values: tf.Tensor;
  readonly labels: Int32Array;
}

/** One training run of a head's learning part, which gives logits. */
export class Fitting {
  private readonly adam: Adam;
  private readonly weights: readonly Trainable[];
  private readonly dropouts: { seed: number }[];
  private readonly history: Epoch[] = [];
  private best: Snapshot | undefined;
  private bestEpoch = 0;
  private readonly pause = pauser();

  constructor(
    private readonly learning: tf.LayersModel,
    private readonly kind: ScoreKind,
    private readonly settings: Settings,
    private readonly training: Examples,
    private readonly validation: Examples | undefined,
  ) {
    this.adam = new Adam(settings.learningRate);
    this.weights = trainableWeights(learning);
    this.dropouts = learning.layers.filter((layer) =>
      layer.getClassName().endsWith('Dropout'),
    ) as unknown as { seed: number }[];
  }

  async run(classWeights: Float32Array | undefined): Promise<Outcome> {
    const { epochs, patience, callbacks, checkpoint, signal } = this.settings;
    const list = new CallbackList(callbacks, this.learning, {
      epochs,
      samples: this.training.labels.length,
      validation: this.validation !== undefined,
    });
    try {
      await this.resume();
      await list.call('onTrainBegin');
      let endedBy: Outcome['endedBy'] = 'epochs';
      for (let epoch = this.history.length; epoch < epochs; epoch++) {
        if (signal?.aborted === true) endedBy = 'signal';
        else if (epoch - this.bestEpoch > patience) endedBy = 'patience';
        if (endedBy !== 'epochs') break;
        await list.call('onEpochBegin', epoch);
        const done = await this.epoch(epoch, classWeights, list);
        this.history.push(done);
        this.keepBest(done);
        await checkpoint?.save(await this.state());
        await list.call('onEpochEnd', epoch, logsOf(done));
        if (list.stopped) {
          endedBy = 'callback';
          break;
        }
      }
      await list.call('onTrainEnd');
      this.best?.restore();
      return { history: this.history, bestEpoch: this.bestEpoch, endedBy };
    } finally {
      this.adam.dispose();
      this.best?.dispose();
    }
  }

  private async epoch(
    epoch: number,
    classWeights: Float32Array | undefined,
    list: CallbackList,
  ): Promise<Epoch> {
    const { batchSize, seed } = this.settings;
    const order = shuffled(this.training.labels.length, seedAt(seed, DRAWS.order, epoch));
    const steps = Math.ceil(order.length / batchSize);
    let sum = 0;
    for (let step = 0; step < steps; step++) {
      const index = order.subarray(step * batchSize, (step + 1) * batchSize);
      for (const [i, dropout] of this.dropouts.entries()) {
        // Else one mask for all steps, or one that no second run would draw.
        dropout.seed = seedAt(seed + i, DRAWS.dropout, epoch * steps + step);
      }
      await list.call('onBatchBegin', step);
      const loss = await this.step(index, classWeights);
      await list.call('onBatchEnd', step, { batch: step, size: index.length, loss });
      await this.pause();
      sum += loss * index.length;
    }
    const training = await this.evaluate(this.training);
    requireFiniteLoss(training.loss, this.settings.learningRate);
    const result = { epoch, loss: sum / order.length, accuracy: training.accuracy };
    if (this.validation === undefined) return result;
    const { loss, accuracy } = await this.evaluate(this.validation);
    requireFiniteValidation(loss);
    return {
      ...result,
      validationLoss: loss,
      validationAccuracy: accuracy,
      gap: training.accuracy - accuracy,
    };
  }

  private async step(index: Int32Array, classWeights: Float32Array | undefined): Promise<number> {
    const batchLabels = Int32Array.from(index, (i) => this.training.labels[i] ?? 0);
    const variables = this.weights.map(({ variable }) => variable);
    const { value, grads } = tf.tidy(() => {
      const x = tf.gather(this.training.values, tf.tensor1d(index, 'int32'));
      const y = tf.tensor1d(batchLabels, 'int32');
      const weights =
        classWeights && tf.tensor1d(Float32Array.from(batchLabels, (l) => classWeights[l] ?? 0));
      return tf.variableGrads(() => {
        const logits = this.learning.apply(x, { training: true }) as tf.Tensor;
        return lossOf(this.kind, logits, y, weights);
      }, variables);
    });
    this.adam.apply(this.weights, grads);
    tf.dispose(grads);
    const [loss = NaN] = await value.data();
    value.dispose();
    requireFiniteLoss(loss, this.settings.learningRate);
    return loss;
  }

  private async evaluate({
    values,
    labels,
  }: Examples): Promise<{ loss: number; accuracy: number }> {
    const { batchSize } = this.settings;
    let [loss, right] = [0, 0];
    for (let from = 0; from < labels.length; from += batchSize) {
      const size = Math.min(batchSize, labels.length - from);
      const own = labels.subarray(from, from + size);
      const answers = tf.tidy(() => {
        const x = tf.slice(values, [from], [size]);
        const logits = this.learning.predictOnBatch(x) as tf.Tensor;
        const mean = lossOf(this.kind, logits, tf.tensor1d(own, 'int32'));
        return [mean, classesOf(this.kind, logits)] as const;
      });
      // Reading in step would stall a page, and WebGPU can't.
      const [[mean = NaN] = [], classes] = await Promise.all(answers.map((each) => each.data()));
      tf.dispose(answers);
      loss += size * mean;
      right += own.filter((label, i) => classes?.[i] === label).length;
      await this.pause();
    }
    return { loss: loss / labels.length, accuracy: right / labels.length };
  }

  private keepBest({ epoch, validationLoss }: Epoch): void {
    const least = this.history[this.bestEpoch]?.validationLoss ?? Infinity;
    const better = validationLoss === undefined || validationLoss < least || epoch === 0;
    if (!better) return;
    this.bestEpoch = epoch;
    // Without validation the best are the last, which the model has.
    if (validationLoss === undefined) return;
    this.best?.dispose();
    this.best = new Snapshot(this.weights);
  }

  private async state(): Promise<TrainingState> {
    const { steps, arrays } = await this.adam.state();
    const weights = await Snapshot.read(this.weights);
    const best = this.best === undefined ? [] : await this.best.arrays();
    return {
      history: this.history,
      bestEpoch: this.bestEpoch,
      steps,
      weights,
      moments: arrays,
      best,
    };
  }

  private async resume(): Promise<void> {
    const state = await this.settings.checkpoint?.load();
    if (state === undefined) return;
    requireStateOf(this.weights, state);
    Snapshot.write(this.weights, state.weights);
    const moments = new Map(state.moments.map((array) => [array.name, array]));
    this.adam.restore(this.weights, state.steps, moments);
    this.history.push(...state.history);
    this.bestEpoch = state.bestEpoch;
    if (state.best.length > 0) this.best = Snapshot.of(this.weights, state.best);
  }
}

/** An epoch as `model.fit` names its figures. */
const logsOf = ({ loss, accuracy, validationLoss, validationAccuracy }: Epoch): tf.Logs => ({
  loss,
  acc: accuracy,
  ...(validationLoss === undefined ? {} : { val_loss: validationLoss }),
  ...(validationAccuracy === undefined ? {} : { val_acc: validationAccuracy }),
});
