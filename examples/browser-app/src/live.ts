import type { Classification, Classifier } from 'resnet-heads';
import { CameraView, cameraProblem, HIDDEN_PAGE, LOST_CAMERA, WAITING } from './camera-stream.js';
import { alert, element, find, messageOf } from './dom.js';
import { figures } from './numbers.js';
import { cutPicture, drawSquare, type Picture, SIDE } from './pictures.js';
import { Rate } from './rate.js';
import { ScoreList } from './scores.js';
import { Sparingly } from './sparingly.js';

const area = find('live', HTMLElement);
const alertArea = find('try-alert', HTMLElement);
const camera = new CameraView(find('live-view', HTMLVideoElement));
const start = find('live-start', HTMLButtonElement);
const stop = find('live-stop', HTMLButtonElement);
const explain = find('live-explain', HTMLButtonElement);
const rateText = find('live-rate', HTMLElement);
const status = new Sparingly(find('live-status', HTMLElement));
const scores = new ScoreList(find('live-scores', HTMLOListElement));

/** The rate is read by people: no more often than this. */
const RATE_MS = 500;

/** Waits for the camera's next picture. */
const nextFrame = (video: HTMLVideoElement): Promise<unknown> =>
  new Promise((resolve) => {
    // Firefox has it since version 132.
    if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(resolve);
    else requestAnimationFrame(resolve);
  });

export interface LiveOptions {
  readonly onStart: () => void;
  /** Gets the picture to explain. */
  readonly onExplain: (picture: Picture) => void;
  /** Called when it has ended, and no classification is in flight. */
  readonly onEnd: () => void;
}

/** The use of the camera from its start to its end. */
class Run {
  readonly ended: Promise<void>;
  end: () => void = () => undefined;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }
}

/** Classifies the camera's pictures one after the other. */
export class LiveView {
  classifier: Classifier | undefined;
  /** Another object for each start that waits for the camera, or the user's permission. */
  private starting: object | undefined;
  /** Undefined if the camera is off. */
  private run: Run | undefined;
  /** Ends after the last classification. */
  private work: Promise<void> = Promise.resolve();
  private readonly canvas = element('canvas', { width: SIDE, height: SIDE });

  constructor(private readonly options: LiveOptions) {
    start.addEventListener('click', () => {
      void this.start();
    });
    stop.addEventListener('click', () => {
      this.stop('The camera is off.');
    });
    explain.addEventListener('click', () => {
      const { video } = camera;
      if (!camera.hasImage) return;
      const name = 'picture from the camera';
      const picture = cutPicture(video, video.videoWidth, video.videoHeight, name);
      this.stop();
      void this.work.then(() => {
        options.onExplain(picture);
      });
    });
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.stop(HIDDEN_PAGE);
    });
  }

  /** Lets the camera go; without effect if it is off. */
  stop(text = ''): void {
    const hadFocus = area.contains(document.activeElement);
    camera.close();
    if (this.run === undefined && this.starting === undefined) return;
    this.run?.end();
    this.run = undefined;
    this.starting = undefined;
    area.hidden = true;
    start.hidden = false;
    status.end(text);
    if (hadFocus) start.focus();
  }

  private async start(): Promise<void> {
    alert(alertArea);
    const starting = {};
    this.starting = starting;
    this.options.onStart();
    scores.show([]);
    rateText.textContent = WAITING;
    status.end(WAITING);
    explain.disabled = true;
    area.hidden = false;
    start.hidden = true;
    stop.focus();
    try {
      const isOpen = await camera.open({
        onLost: () => {
          this.stop();
          alert(alertArea, LOST_CAMERA);
        },
        onTaken: () => {
          this.stop();
        },
      });
      if (!isOpen) return;
    } catch (error) {
      if (this.starting !== starting) return;
      this.stop();
      alert(alertArea, cameraProblem(error));
      return;
    }
    this.run = new Run();
    this.starting = undefined;
    rateText.textContent = 'Classifying …';
    explain.disabled = false;
    if (document.activeElement === stop) explain.focus();
    this.work = this.classify(this.run);
  }

  private async classify(run: Run): Promise<void> {
    try {
      await this.classifyFrames(run);
    } catch (error) {
      // Of a classifier that was replaced meanwhile, nobody wants to know.
      if (run === this.run) {
        this.stop();
        alert(alertArea, messageOf(error));
      }
    } finally {
      this.options.onEnd();
    }
  }

  /** One at a time, until the run ends. */
  private async classifyFrames(run: Run): Promise<void> {
    const { classifier } = this;
    if (classifier === undefined) return;
    const { video } = camera;
    // The bars stay in their places.
    const places = new Map(classifier.classes.map((name, i) => [name, i]));
    const placeOf = ({ className }: Classification) => places.get(className) ?? 0;
    const rate = new Rate();
    let shownAt = -Infinity;
    // Asked for before the work, so that a picture that comes meanwhile is not waited for.
    let next = nextFrame(video);
    for (;;) {
      await Promise.race([next, run.ended]);
      if (run !== this.run) return;
      if (video.videoWidth === 0) {
        next = nextFrame(video);
        continue;
      }
      drawSquare(this.canvas, video, video.videoWidth, video.videoHeight);
      next = nextFrame(video);
      const found = await classifier.classify(this.canvas);
      if (run !== this.run) return;
      scores.show([...found].sort((a, b) => placeOf(a) - placeOf(b)));
      status.tell(found[0]?.className ?? '');
      const now = performance.now();
      const perSecond = rate.count(now);
      if (perSecond !== undefined && now - shownAt > RATE_MS) {
        rateText.textContent = `${figures(Number(perSecond.toPrecision(2)))} pictures per second`;
        shownAt = now;
      }
    }
  }
}
