import type { Classifier } from 'resnet-heads';
import { alert, element, find, messageOf } from './dom.js';
import { connectIntake } from './intake.js';
import { LiveView } from './live.js';
import { drawMap } from './look.js';
import { share } from './numbers.js';
import type { Picture } from './pictures.js';
import { ScoreList } from './scores.js';

const alertArea = find('try-alert', HTMLElement);
const answer = find('answer', HTMLElement);
const scores = new ScoreList(find('scores', HTMLOListElement));
const tried = find('tried', HTMLCanvasElement);
const map = find('map', HTMLCanvasElement);
const mapClass = find('map-class', HTMLSelectElement);
const hint = find('try-hint', HTMLElement);
const HINT = hint.textContent;
const mapText = find('map-text', HTMLElement);

/** Classifies a picture and shows the result. */
export class TryView {
  private classifier: Classifier | undefined;
  private picture: Picture | undefined;
  private readonly live: LiveView;

  /** @param onDone called after each classification */
  constructor(private readonly onDone: () => void) {
    const onPictures = ([picture]: readonly Picture[]) => {
      this.live.stop();
      if (picture !== undefined) this.run(() => this.show(picture));
    };
    connectIntake({
      zone: find('try-zone', HTMLElement),
      button: find('try-choose', HTMLButtonElement),
      alertArea,
      multiple: false,
      onPictures,
    });
    this.live = new LiveView({
      onStart: () => {
        answer.hidden = true;
      },
      onExplain: (picture) => {
        onPictures([picture]);
      },
      onEnd: onDone,
    });
    mapClass.addEventListener('change', () => {
      this.run(() => this.explain());
    });
  }

  /** Uses the classifier that was trained or opened last. */
  use(classifier: Classifier): void {
    this.rest();
    this.classifier = classifier;
    this.live.classifier = classifier;
    this.picture = undefined;
    answer.hidden = true;
    find('try-zone', HTMLElement).hidden = false;
    alert(alertArea);
    hint.textContent = `Try the classifier on a new picture. Its classes: ${classifier.classes.join(', ')}.`;
  }

  /** Has no classifier any more. */
  clear(): void {
    this.rest();
    alert(alertArea);
    this.classifier = undefined;
    this.live.classifier = undefined;
    this.picture = undefined;
    answer.hidden = true;
    find('try-zone', HTMLElement).hidden = true;
    hint.textContent = HINT;
  }

  /** Lets the camera go. */
  rest(): void {
    this.live.stop();
  }

  private run(work: () => Promise<void>): void {
    work()
      .catch((error: unknown) => {
        alert(alertArea, messageOf(error));
      })
      .finally(this.onDone);
  }

  private async show(picture: Picture): Promise<void> {
    const { classifier } = this;
    if (classifier === undefined) return;
    const found = await classifier.classify(picture.canvas);
    // Replaced meanwhile.
    if (classifier !== this.classifier) return;
    this.picture = picture;
    const [first] = found;
    scores.show(found);
    const { classes } = classifier;
    mapClass.replaceChildren(...classes.map((name) => element('option', {}, name)));
    mapClass.selectedIndex = classes.indexOf(first?.className ?? '');
    tried.width = picture.canvas.width;
    tried.height = picture.canvas.height;
    tried.getContext('2d')?.drawImage(picture.canvas, 0, 0);
    answer.hidden = false;
    find('verdict', HTMLElement).textContent =
      `Prediction: ${first?.className ?? ''} (${share(first?.probability ?? NaN)})`;
    await this.explain();
  }

  private async explain(): Promise<void> {
    const { classifier, picture } = this;
    if (classifier === undefined || picture === undefined) return;
    const text = await drawMap(classifier, picture, mapClass.value, map);
    mapText.textContent = text;
    map.ariaLabel = text;
  }
}
