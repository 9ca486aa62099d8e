import {
  type AdamOutcome,
  type Backbone,
  type Classifier,
  type Epoch,
  type LbfgsOutcome,
  trainClassifier,
} from 'resnet-heads';
import { miniBackbone, trainedBackbone } from './backbone.js';
import { Bar } from './bar.js';
import { type Choice, hasEpochs } from './choice.js';
import { BATCH_SIZE, recipe } from './cost.js';
import type { PictureClass } from './picture-class.js';
import { alert, breathe, find, messageOf } from './dom.js';
import { drawCurve, hideCurve, listPoints, type Point } from './curve.js';
import { type Lesson, lessonOf } from './lesson.js';
import { bytes, counted, figures, share } from './numbers.js';

const alertArea = find('train-alert', HTMLElement);
const status = find('train-status', HTMLElement);
const start = find('start', HTMLButtonElement);
const cancel = find('cancel', HTMLButtonElement);
const goMini = find('go-mini', HTMLButtonElement);
const bar = new Bar('train');

/** Shows the course of a training in epochs, and returns it as a sentence. */
function showEpochs({ history }: AdamOutcome, epochs: number): string {
  const points = history.map((epoch, i) => ({ ...epoch, name: String(i + 1) }));
  drawCurve('epoch', points);
  listPoints('epoch', points);
  const early = history.length < epochs ? ', stopped early as it no longer improved' : '';
  return `Trained for ${counted(history.length, 'epoch')}${early}.`;
}

/** Shows the penalties that were tried, and returns the chosen one in a sentence. */
function showPath({ path, l2 }: LbfgsOutcome): string {
  const points = path.map((strength) => ({ ...strength, name: figures(strength.l2) }));
  if (points.length > 0) {
    drawCurve('L2 penalty', points);
    listPoints('L2 penalty', points);
  }
  return `Trained with an L2 penalty of ${figures(l2)}.`;
}

export interface Order {
  readonly choice: Choice;
  readonly classes: readonly PictureClass[];
  readonly epochs: number;
  /** The chosen backbone, if it is already loaded. */
  readonly ready: Backbone | undefined;
}

/** Trains a classifier and shows the progress; one training at a time. */
export class TrainView {
  private stopper: AbortController | undefined;
  private learned: Lesson | undefined;

  constructor() {
    cancel.addEventListener('click', () => {
      this.stopper?.abort();
      status.textContent = 'Cancelling …';
    });
  }

  /** The pictures of the last training that succeeded. */
  get lesson(): Lesson | undefined {
    return this.learned;
  }

  complain(text: string): void {
    alert(alertArea, text);
  }

  /** @returns the classifier; undefined if training was cancelled or failed, which the page shows */
  async train(order: Order): Promise<Classifier | undefined> {
    const stopper = new AbortController();
    this.stopper = stopper;
    this.begin();
    let backbone = order.ready;
    try {
      backbone ??= await this.load(order, stopper.signal);
      const classifier = await this.teach(order, backbone, stopper.signal);
      this.end(classifier, order);
      return classifier;
    } catch (error) {
      if (backbone !== order.ready) backbone?.dispose();
      hideCurve();
      status.textContent = '';
      if (stopper.signal.aborted)
        status.textContent = 'Cancelled. Your pictures and settings are unchanged.';
      else this.fail(error);
      return undefined;
    } finally {
      bar.hide();
      start.hidden = false;
      cancel.hidden = true;
      // Returns the keyboard focus, unless the user has moved it.
      const { activeElement } = document;
      if (activeElement === document.body || activeElement === cancel) start.focus();
    }
  }

  private begin(): void {
    alert(alertArea);
    hideCurve();
    goMini.hidden = true;
    cancel.hidden = false;
    cancel.focus();
    start.hidden = true;
    status.textContent = 'Loading the backbone …';
    bar.show('Loading the backbone …');
  }

  private load({ choice }: Order, signal: AbortSignal): Promise<Backbone> {
    if (choice.base === 'mini') return miniBackbone();
    return trainedBackbone(choice.size, signal, ({ done, total }) => {
      const of = total === undefined ? '' : ` of ${bytes(total)}`;
      bar.show(`Downloading ImageNet weights: ${bytes(done)}${of}`, total && done / total);
    });
  }

  private async teach(
    { choice, classes, epochs }: Order,
    backbone: Backbone,
    signal: AbortSignal,
  ): Promise<Classifier> {
    const history: Point[] = [];
    status.textContent = 'Computing features …';
    // Lets the browser draw the status: computing the first features blocks the page.
    await breathe();
    const lesson = lessonOf(classes);
    const classifier = await trainClassifier(backbone, lesson.train, {
      head: recipe(choice.head, { ...choice, numClasses: classes.length }),
      classes: classes.map(({ name }) => name),
      validation: lesson.held.length > 0 ? lesson.held : 0,
      classWeights: 'balanced',
      signal,
      onProgress: ({ label: what, unit, done, total = done }) => {
        if (unit === 'pictures') {
          bar.show(`Computing ${what}: ${done} of ${counted(total, 'picture')}`, done / total);
        } else if (unit === 'fits') {
          status.textContent = 'Training the head …';
          bar.show(`Trying L2 penalties: ${done} of at most ${total}`, done / total);
        }
      },
      ...(hasEpochs(choice) && {
        ...{ epochs, batchSize: BATCH_SIZE },
        onEpoch: (epoch: Epoch) => {
          status.textContent = 'Training the head …';
          history.push({ ...epoch, name: String(history.length + 1) });
          const { loss, accuracy } = epoch;
          bar.show(
            `Epoch ${history.length} of ${epochs}: loss ${figures(loss)}, accuracy ${share(accuracy)}`,
            history.length / epochs,
          );
          drawCurve('epoch', history, epochs);
        },
      }),
    });
    // A cancelled training also returns a classifier.
    if (signal.aborted) classifier.dispose();
    signal.throwIfAborted();
    this.learned = lesson;
    return classifier;
  }

  private end({ training }: Classifier, { epochs }: Order): void {
    if (training === undefined) return;
    const how = training.solver === 'adam' ? showEpochs(training, epochs) : showPath(training);
    const heldOut =
      training.validationAccuracy === undefined
        ? '. No pictures were held out for validation: that requires five per class.'
        : `, validation accuracy ${share(training.validationAccuracy)}.`;
    status.textContent = `${how} Training accuracy ${share(training.accuracy)}${heldOut}`;
  }

  private fail(error: unknown): void {
    const isWeights = error instanceof Error && error.name === 'WeightsError';
    goMini.hidden = !isWeights;
    this.complain(
      isWeights
        ? `The ImageNet weights could not be downloaded: ${error.message}. Your pictures are kept. Try again, or train on resnet-mini, which needs no download.`
        : messageOf(error),
    );
  }
}
