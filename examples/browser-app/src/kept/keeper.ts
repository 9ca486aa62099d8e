import type { Classifier } from 'resnet-heads';
import type { Classes } from '../classes.js';
import { readSettings, setSettings } from '../choice.js';
import { alert, find, messageOf } from '../dom.js';
import { counted } from '../numbers.js';
import { alertArea, complain, reason, say } from './notices.js';
import { DamagedProject, Shelf } from './shelf.js';
import { Tabs } from './tabs.js';

/** What happens within this time is stored together. */
const DELAY_MS = 300;

const hereButton = find('kept-here', HTMLButtonElement);

const KEPT = 'Kept in this browser; nothing is uploaded.';

export interface KeeperOptions {
  readonly classes: Classes;
  /** Whether the address names a backbone, which is loaded in any case. */
  readonly hasBackbone: boolean;
  /** The classifier that was trained or opened for the project, if any. */
  readonly classifier: () => Classifier | undefined;
  /** Opens a classifier's files, so that `classifier` returns it. */
  readonly open: (files: Readonly<Record<string, Uint8Array>>) => Promise<void>;
}

/** Keeps the project in the browser, and restores it. */
export class Keeper {
  /** `off`: not now, which the page says. */
  private state: 'starting' | 'on' | 'off' | 'damaged' = 'starting';
  private readonly shelf = new Shelf();
  private tabs: Tabs | undefined;
  private isDirty = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private work: Promise<void> = Promise.resolve();
  private hasFailed = false;
  /** The project that was restored, and whose classifier is to be opened. */
  private restored: object | undefined;
  /** The classifier that is stored, or could not be. */
  private handled: Classifier | 'not read yet' | 'of another project' | undefined = 'not read yet';

  constructor(private readonly options: KeeperOptions) {
    hereButton.addEventListener('click', () => {
      void this.openHere();
    });
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) void this.flush();
    });
    window.addEventListener('beforeunload', (event) => {
      const isKept = this.state === 'on' && !this.hasFailed;
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
      const files = await this.shelf.readClassifier();
      if (options.classes.project !== this.restored) {
        this.handled = 'of another project';
        return;
      }
      // One that was trained meanwhile is about to be stored.
      if (options.classifier() !== undefined) return;
      if (files !== undefined) await options.open(files);
      this.handled = options.classifier();
    } catch (error) {
      const area = find('try-alert', HTMLElement);
      alert(area, `The kept classifier can’t be opened: ${messageOf(error)}. Train again.`);
      this.handled = undefined;
    }
  }

  /** Notes that the project has changed. */
  changed(): void {
    if (this.state !== 'on') return;
    this.isDirty = true;
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
    });
    return this.work;
  }

  private async save(): Promise<void> {
    if (!this.isDirty || this.state !== 'on') return;
    this.isDirty = false;
    try {
      const classes = this.options.classes.all.map(({ input, pictures }) => {
        return { name: input.value, pictures };
      });
      const isNew = await this.shelf.write({ settings: readSettings(), classes });
      if (!isNew && !this.hasFailed) return;
      this.hasFailed = false;
      alert(alertArea);
      say(KEPT);
    } catch (error) {
      this.isDirty = true;
      this.hasFailed = true;
      complain(`Your last changes are not kept: ${reason(error)}.`);
      say('Not everything is kept in this browser.');
    }
  }

  private async saveClassifier(): Promise<void> {
    const classifier = this.options.classifier();
    if (classifier === this.handled || this.state !== 'on') return;
    if (classifier === undefined && this.handled === 'not read yet') return;
    try {
      const files = await classifier?.files();
      // If it was replaced, its successor is stored.
      if (this.options.classifier() !== classifier) return;
      await this.shelf.writeClassifier(files);
    } catch (error) {
      if (this.options.classifier() !== classifier) return;
      complain(`The classifier is not kept: ${reason(error)}. Download it instead.`);
    }
    this.handled = classifier;
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
    say('');
    alert(alertArea, text);
    hereButton.hidden = false;
  }

  private async openHere(): Promise<void> {
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
