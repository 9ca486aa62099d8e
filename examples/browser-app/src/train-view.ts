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
import { type Curve, drawCurve, hideCurve, listPoints, type Point } from './curve.js';
import { type Lesson, lessonOf } from './lesson.js';
import { bytes, counted, figures, share } from './numbers.js';

const alertArea = find('train-alert', HTMLElement);
const status = find('train-status', HTMLElement);
const start = find('start', HTMLButtonElement);
const cancel = find('cancel', HTMLButtonElement);
const goMini = find('go-mini', HTMLButtonElement);
const bar = new Bar('train');

/** How a training went, as the page shows it. */
interface Course extends Curve {
  readonly text: string;
}

const NOTHING: Course = { text: '', step: 'epoch', check: 'Validation', points: [] };

/** A classifier that was trained here. */
export interface Trained {
  readonly classifier: Classifier;
  readonly lesson: Lesson;
  readonly course: Course;
}

const byEpochs = ({ history }: AdamOutcome, epochs: number): Course => {
  const points = history.map((epoch, i) => ({ ...epoch, name: String(i + 1) }));
  const early = history.length < epochs ? ', stopped early as it no longer improved' : '';
  return {
    ...{ step: 'epoch', check: 'Validation', points },
    text: `Trained for ${counted(history.length, 'epoch')}${early}.`,
  };
};

/** With fewer held-out pictures, `trainClassifier` compares penalties by cross-validation. */
const SMALLEST_VALIDATION = 200;

const byPenalties = ({ path, l2 }: LbfgsOutcome, heldOut: number): Course => ({
  step: 'L2 penalty',
  check: heldOut < SMALLEST_VALIDATION ? 'Cross-validation' : 'Validation',
  points: path.map((strength) => ({ ...strength, name: figures(strength.l2) })),
  text: `Trained with an L2 penalty of ${figures(l2)}.`,
});

function courseOf({ training }: Classifier, { epochs }: Order): Course {
  if (training === undefined) return NOTHING;
  const course =
    training.solver === 'adam'
      ? byEpochs(training, epochs)
      : byPenalties(training, training.pictures.validation);
  const heldOut =
    training.validationAccuracy === undefined
      ? '. No pictures were held out for validation: that requires five per class.'
      : `, validation accuracy ${share(training.validationAccuracy)}.`;
  const text = `${course.text} Training accuracy ${share(training.accuracy)}${heldOut}`;
  return { ...course, text };
}

/** Cancel appears where Train was: the second click of a double click is not meant for it. */
const DOUBLE_CLICK_MS = 500;

export interface Order {
  readonly choice: Choice;
  readonly classes: readonly PictureClass[];
  readonly epochs: number;
  /** The chosen backbone, if it is already loaded. */
  readonly ready: Backbone | undefined;
}

const CANCELLED = 'Cancelled. Your pictures and settings are unchanged.';

/** Trains a classifier and shows the progress; one training at a time. */
export class TrainView {
  private stopper: AbortController | undefined;
  /** Of the classifier that the page uses. */
  private course: Course | undefined;
  private begunAt = -Infinity;
  private isAbandoned = false;

  constructor() {
    cancel.addEventListener('click', ({ timeStamp }) => {
      if (timeStamp - this.begunAt < DOUBLE_CLICK_MS) return;
      this.stopper?.abort();
      status.textContent = 'Cancelling …';
    });
  }

  /** Ends the training of a project that the page has left. */
  abandon(): void {
    alert(alertArea);
    goMini.hidden = true;
    if (this.stopper === undefined) return;
    this.isAbandoned = true;
    this.stopper.abort();
  }

  /** Shows how the classifier that the page uses was trained, if it was trained here. */
  show(course: Course | undefined): void {
    this.course = course;
    // A training that still runs shows it when it ends.
    if (this.stopper === undefined) this.showCourse();
  }

  private showCourse(before = ''): void {
    const { text, ...curve } = this.course ?? NOTHING;
    status.textContent = [before, text].filter((each) => each !== '').join(' ');
    if (curve.points.length === 0) {
      hideCurve();
      return;
    }
    drawCurve(curve);
    listPoints(curve);
  }

  complain(text: string): void {
    alert(alertArea, text);
  }

  /** @returns the classifier, which the page is to use and to `show`; undefined if training was cancelled or failed, which the page shows */
  async train(order: Order): Promise<Trained | undefined> {
    const stopper = new AbortController();
    this.stopper = stopper;
    this.begin();
    let backbone = order.ready;
    try {
      backbone ??= await this.load(order, stopper.signal);
      return await this.teach(order, backbone, stopper.signal);
    } catch (error) {
      if (backbone !== order.ready) backbone?.dispose();
      if (!stopper.signal.aborted) {
        this.showCourse();
        this.fail(error);
      } else this.showCourse(this.isAbandoned ? '' : CANCELLED);
      return undefined;
    } finally {
      this.stopper = undefined;
      this.isAbandoned = false;
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
    this.begunAt = performance.now();
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

  private async teach(order: Order, backbone: Backbone, signal: AbortSignal): Promise<Trained> {
    const { choice, classes, epochs } = order;
    const history: Point[] = [];
    status.textContent = 'Computing features …';
    // Lets the browser draw the status: computing the first features blocks the page.
    await breathe();
    signal.throwIfAborted();
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
          drawCurve({ step: 'epoch', check: 'Validation', points: history }, epochs);
        },
      }),
    });
    // A cancelled training also returns a classifier.
    if (signal.aborted) classifier.dispose();
    signal.throwIfAborted();
    return { classifier, lesson, course: courseOf(classifier, order) };
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
