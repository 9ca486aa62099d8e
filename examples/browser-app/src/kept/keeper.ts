import type { Classifier } from 'resnet-heads';
import type { Classes } from '../classes.js';
import { readSettings, setSettings } from '../choice.js';
import { alert, find, messageOf } from '../dom.js';
import { lessonOf } from '../lesson.js';
import { counted } from '../numbers.js';
import type { Picture } from '../pictures.js';
import type { Saveable } from '../save.js';
import { alertArea, complain, reason, say, show } from './notices.js';
import type { ClassifierRecord } from './records.js';
import { DamagedProject, type Project, Shelf } from './shelf.js';
import { Tabs } from './tabs.js';

/** What happens within this time is stored together. */
const DELAY_MS = 50;

const hereButton = find('kept-here', HTMLButtonElement);

const KEPT = 'Kept in this browser; nothing is uploaded.';
const KEEPING = 'Keeping …';

export interface KeeperOptions {
  readonly classes: Classes;
  /** Whether the address names a backbone, which is loaded in any case. */
  readonly hasBackbone: boolean;
  /** The classifier that was trained or opened for the project, if any. */
  readonly current: () => Pick<Saveable, 'classifier' | 'lesson'> | undefined;
  /** Opens a classifier's files, so that `current` returns it. */
  readonly open: (files: ClassifierRecord['files'], lesson: Saveable['lesson']) => Promise<void>;
}

/** Keeps the project in the browser, and restores it. */
export class Keeper {
  /** `off`: not now, which the page says. */
  private state: 'starting' | 'on' | 'off' | 'damaged' = 'starting';
  private readonly shelf = new Shelf();
  private tabs: Tabs | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private work: Promise<void> = Promise.resolve();
  private hasFailed = false;
  /** The pictures of this page when another tab got the project: none, or the project's. */
  private given: readonly Picture[] = [];
  /** The restored project, until its classifier has been opened. */
  private restored: object | undefined;
  /** The classifier that is stored, or could not be. */
  private handled: Classifier | 'not read yet' | 'being opened' | 'of another project' | undefined =
    'not read yet';

  constructor(private readonly options: KeeperOptions) {
    hereButton.addEventListener('click', () => {
      void this.openHere();
    });
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.flushAtOnce();
    });
    window.addEventListener('pagehide', () => {
      this.flushAtOnce();
    });
    window.addEventListener('beforeunload', (event) => {
      // A classifier takes a moment to be written.
      const isKept = this.state === 'on' && !this.hasFailed && !this.hasNewClassifier;
      if (!isKept && options.classes.pictures.length > 0) event.preventDefault();
    });
  }

  /** Restores the project, if one is kept and no other tab has it. Never rejects: the page says what does not work. */
  async start(): Promise<void> {
    const section = find('pictures', HTMLElement);
    // Pictures that are added meanwhile would be in the way.
    section.inert = true;
    try {
      // Both need https: or localhost.
      if (!('locks' in navigator)) throw new Error('that needs https: or localhost');
      this.tabs = new Tabs(() => this.giveAway());
      if (await this.tabs.take()) await this.load();
      else
        this.suspend(
          'Your project is open in another tab, which keeps it. What you do in this tab is not kept.',
        );
    } catch (error) {
      this.refuse(error);
    } finally {
      section.inert = false;
    }
  }

  /** Opens the kept classifier, once TensorFlow.js has started. */
  async openClassifier(): Promise<void> {
    const { options } = this;
    if (this.state !== 'on') return;
    try {
      const kept = await this.shelf.readClassifier();
      if (options.classes.project !== this.restored) {
        this.handled = 'of another project';
        return;
      }
      // One that was trained meanwhile is about to be stored.
      if (options.current() !== undefined) return;
      this.handled = 'being opened';
      if (kept !== undefined) await options.open(kept.files, this.lessonOf(kept));
      this.handled = options.current()?.classifier;
    } catch (error) {
      const area = find('try-alert', HTMLElement);
      alert(area, `The kept classifier can’t be opened: ${messageOf(error)}. Train again.`);
      this.handled = undefined;
    }
  }

  /** Notes that the project has changed. */
  changed(): void {
    if (this.state !== 'on' || !this.hasChanged) return;
    show(KEEPING);
    this.timer ??= setTimeout(() => {
      void this.flush();
    }, DELAY_MS);
  }

  /** Removes everything, which can be undone; a damaged project is then replaced. */
  startAnew(): void {
    this.options.classes.startAnew();
    if (this.state === 'damaged') {
      this.state = 'on';
      this.handled = 'of another project';
      alert(alertArea);
      this.changed();
    }
  }

  /** Stores what has changed. */
  private flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.work = this.work.then(async () => {
      await this.save();
      await this.saveClassifier();
      if (this.state === 'on' && !this.hasChanged && !this.hasFailed) show(KEPT);
    });
    return this.work;
  }

  /** Hands what has changed to the browser before it returns: the page may be closed then. */
  private flushAtOnce(): void {
    if (this.state !== 'on') return;
    if (this.shelf.differs(this.project)) void this.write();
    void this.flush();
  }

  private get project(): Project {
    const classes = this.options.classes.all.map(({ input, pictures }) => ({
      name: input.value,
      pictures,
    }));
    return { settings: readSettings(), classes };
  }

  private get hasNewClassifier(): boolean {
    if (this.handled === 'being opened') return false;
    const classifier = this.options.current()?.classifier;
    if (classifier === undefined && this.handled === 'not read yet') return false;
    return classifier !== this.handled;
  }

  private get hasChanged(): boolean {
    return this.hasNewClassifier || this.shelf.differs(this.project);
  }

  private async save(): Promise<void> {
    if (this.state !== 'on' || !this.shelf.differs(this.project)) return;
    try {
      await this.shelf.prepare(this.project);
    } catch (error) {
      this.fail(error);
      return;
    }
    await this.write();
  }

  private async write(): Promise<void> {
    try {
      await this.shelf.write(this.project);
      if (this.hasFailed) alert(alertArea);
      this.hasFailed = false;
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.hasFailed = true;
    complain(`Your last changes are not kept: ${reason(error)}.`);
    say('Not everything is kept in this browser.');
  }

  private async saveClassifier(): Promise<void> {
    if (this.state !== 'on' || !this.hasNewClassifier) return;
    const { classifier, lesson } = this.options.current() ?? {};
    const isReplaced = () => this.options.current()?.classifier !== classifier;
    try {
      const files = await classifier?.files();
      // Its successor is stored.
      if (isReplaced()) return;
      const isOurs = lesson !== undefined && typeof lesson !== 'string';
      const signature = isOurs && { lesson: this.shelf.signature(lesson.classes) };
      await this.shelf.writeClassifier(files && { files, ...signature });
    } catch (error) {
      if (isReplaced()) return;
      complain(`The classifier is not kept: ${reason(error)}. Download it instead.`);
    }
    this.handled = classifier;
  }

  /** The pictures that a kept classifier was trained on. */
  private lessonOf({ lesson }: ClassifierRecord): Saveable['lesson'] {
    if (lesson === undefined) return 'opened';
    const { all } = this.options.classes;
    return lesson === this.shelf.signature(all) ? lessonOf(all) : 'changed';
  }

  private async load(): Promise<void> {
    const { classes } = this.options;
    try {
      const kept = await this.shelf.read();
      alert(alertArea);
      if (kept !== undefined) {
        classes.open(kept.classes);
        setSettings(kept.settings);
        if (kept.damaged > 0)
          alert(
            alertArea,
            `${counted(kept.damaged, 'picture')} of your project could not be read, and ${kept.damaged === 1 ? 'is' : 'are'} left out.`,
          );
      }
      const count = classes.pictures.length;
      const restored =
        count > 0 ? `Restored: ${classes.all.length} classes, ${counted(count, 'picture')}. ` : '';
      const own =
        kept?.settings['base'] === 'own' && !this.options.hasBackbone
          ? ' The files of your own backbone are not kept: choose them again.'
          : '';
      say(`${restored}${KEPT}${own}`);
      this.state = 'on';
      this.restored = classes.project;
      this.handled = 'not read yet';
      if (kept === undefined && count > 0) this.changed();
    } catch (error) {
      if (!(error instanceof DamagedProject)) throw error;
      this.state = 'damaged';
      say('');
      alert(
        alertArea,
        'The project that is kept in this browser is damaged and can’t be restored. What you do now is not kept, unless you press “Start anew”, which deletes the damaged project.',
      );
    }
  }

  /** Another tab takes the project over. */
  private async giveAway(): Promise<void> {
    this.changed();
    await this.flush();
    this.suspend(
      'Your project was opened in another tab, which keeps it now. What you do in this tab is no longer kept.',
    );
  }

  private suspend(text: string): void {
    this.state = 'off';
    this.given = this.hasFailed ? [] : this.options.classes.pictures;
    say('');
    alert(alertArea, text);
    hereButton.hidden = false;
  }

  /** Whether the pictures that only this tab has, if any, may be dropped. */
  private mayDrop(): boolean {
    const { length } = this.options.classes.pictures.filter((each) => !this.given.includes(each));
    return (
      length === 0 ||
      confirm(
        `This tab has ${counted(length, 'picture')} that the project does not have. Opening the project here removes ${length === 1 ? 'it' : 'them'}. Open it?`,
      )
    );
  }

  private async openHere(): Promise<void> {
    if (!this.mayDrop()) return;
    say('Waiting for the other tab …');
    try {
      await this.tabs?.ask();
      await this.load();
      await this.openClassifier();
    } catch (error) {
      this.refuse(error);
    }
    if (document.activeElement === hereButton) find('add-class', HTMLButtonElement).focus();
    hereButton.hidden = true;
  }

  private refuse(error: unknown): void {
    this.state = 'off';
    say(
      `This browser does not keep your pictures: ${messageOf(error)}. They are lost when you close or reload this page.`,
    );
  }
}
