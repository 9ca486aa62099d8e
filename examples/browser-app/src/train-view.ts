import type * as tf from '@tensorflow/tfjs';
import { type Base, randomBase, trainedBase } from './base.js';
import type { Choice } from './choice.js';
import { recipe } from './cost.js';
import type { PictureClass } from './classes.js';
import { alert, breathe, find, messageOf } from './dom.js';
import { drawCurve, hideCurve, listEpochs, type Point } from './curve.js';
import { bytes, counted, figures, share } from './numbers.js';
import { learn, type Learnt, part } from './training.js';

const alertArea = find('train-alert', HTMLElement);
const status = find('train-status', HTMLElement);
const start = find('start', HTMLButtonElement);
const cancel = find('cancel', HTMLButtonElement);
const goRandom = find('go-random', HTMLButtonElement);
const bar = find('progress-bar', HTMLProgressElement);
const label = find('progress-label', HTMLElement);

/** Names what is going on, and how much of it is done; without a share, nobody knows. */
function progress(text: string, done?: number): void {
  label.textContent = text;
  if (done === undefined) bar.removeAttribute('value');
  else bar.value = done;
}

const pointOf = (logs: tf.Logs): Point => ({
  loss: logs['loss'] ?? NaN,
  accuracy: logs['acc'] ?? NaN,
  heldOutLoss: logs['val_loss'],
  heldOutAccuracy: logs['val_acc'],
});

export interface Order {
  readonly choice: Choice;
  readonly classes: readonly PictureClass[];
  readonly epochs: number;
  /** Of those at hand, the one that the choice names. */
  readonly ready: Base | undefined;
}

/** Trains, and shows how far it is; one training at a time. */
export class TrainView {
  private stopper: AbortController | undefined;

  constructor() {
    cancel.addEventListener('click', () => {
      this.stopper?.abort();
      status.textContent = 'Cancelling …';
    });
  }

  complain(text: string): void {
    alert(alertArea, text);
  }

  /** What was learnt; nothing where it was cancelled or failed, which the page then says. */
  async train(order: Order): Promise<Learnt | undefined> {
    const stopper = new AbortController();
    this.stopper = stopper;
    this.begin();
    let base = order.ready;
    try {
      base ??= await this.load(order, stopper.signal);
      const learnt = await this.teach(order, base, stopper.signal);
      this.end(learnt, order);
      return learnt;
    } catch (error) {
      if (base !== order.ready) base?.model.dispose();
      hideCurve();
      status.textContent = '';
      if (stopper.signal.aborted)
        status.textContent = 'Cancelled. Pictures and choices are as they were.';
      else this.fail(error);
      return undefined;
    } finally {
      find('progress', HTMLElement).hidden = true;
      start.hidden = false;
      cancel.hidden = true;
      // Where a keyboard was, unless it has gone on meanwhile.
      const { activeElement } = document;
      if (activeElement === document.body || activeElement === cancel) start.focus();
    }
  }

  private begin(): void {
    alert(alertArea);
    hideCurve();
    goRandom.hidden = true;
    cancel.hidden = false;
    cancel.focus();
    start.hidden = true;
    find('progress', HTMLElement).hidden = false;
    status.textContent = 'Loading the base …';
    progress('Loading the base …');
  }

  private load({ choice, classes }: Order, signal: AbortSignal): Promise<Base> {
    if (choice.base === 'random') {
      const pictures = classes.flatMap((each) => each.pictures);
      return randomBase(choice.size, pictures, signal, (done) => {
        progress(`Base: ${done} of ${counted(pictures.length, 'picture')}`, done / pictures.length);
      });
    }
    return trainedBase(choice.size, signal, ({ loaded, total }) => {
      const of = total === undefined ? '' : ` of ${bytes(total)}`;
      progress(`ImageNet’s weights: ${bytes(loaded)}${of}`, total && loaded / total);
    });
  }

  private async teach(
    { choice, classes, epochs }: Order,
    base: Base,
    signal: AbortSignal,
  ): Promise<Learnt> {
    const points: Point[] = [];
    const pictures = classes.map((each) => each.pictures.map(({ canvas }) => canvas));
    status.textContent = 'The base looks at the pictures …';
    // Once they are under way nothing else tells.
    await breathe();
    return learn({
      base,
      headName: choice.head,
      head: recipe(choice.head, { ...choice, numClasses: classes.length }),
      classes: classes.map(({ name }) => name),
      ...part(pictures),
      epochs,
      signal,
      onFeatures: ({ images, total = images, secondsLeft = 0 }) => {
        const left = images < total ? `, ${Math.ceil(secondsLeft)} s left` : '';
        progress(`Features: ${images} of ${counted(total, 'picture')}${left}`, images / total);
      },
      onEpoch: (epoch, logs) => {
        if (epoch === 0) status.textContent = 'The head learns …';
        const point = pointOf(logs);
        points.push(point);
        const { loss, accuracy } = point;
        progress(
          `Epoch ${epoch + 1} of ${epochs}: loss ${figures(loss)}, accuracy ${share(accuracy)}`,
          (epoch + 1) / epochs,
        );
        drawCurve(points, epochs);
      },
    });
  }

  private end({ history, bestEpoch }: Learnt, { epochs }: Order): void {
    const points = history.map(({ loss, accuracy, validationLoss, validationAccuracy }): Point => ({
      loss,
      accuracy,
      heldOutLoss: validationLoss,
      heldOutAccuracy: validationAccuracy,
    }));
    drawCurve(points, points.length);
    listEpochs(points);
    const best = points[bestEpoch];
    const early = points.length < epochs ? `, ended early as it no longer got better` : '';
    const heldOut =
      best?.heldOutAccuracy === undefined
        ? '. No pictures were held out: five of a class or more are needed for that.'
        : `, ${share(best.heldOutAccuracy)} of those held out.`;
    status.textContent = `Trained for ${counted(points.length, 'epoch')}${early}. Right on ${share(best?.accuracy ?? NaN)} of the pictures it learnt from${heldOut}`;
  }

  private fail(error: unknown): void {
    const isWeights = error instanceof Error && error.name === 'WeightsError';
    goRandom.hidden = !isWeights;
    this.complain(
      isWeights
        ? `ImageNet’s weights can’t be had: ${error.message}. Your pictures are safe. Try again, choose a base of your own in step 2, or go on with random weights, which show that heads learn, not how well.`
        : messageOf(error),
    );
  }
}
