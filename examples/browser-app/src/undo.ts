import { announce, find } from './dom.js';

/** Each holds pictures in memory. */
const MOST = 100;

interface Step {
  /** What was done, such as `3 pictures added to cats`. */
  readonly what: string;
  /** Brings back the state on the other side of the step. */
  readonly restore: () => void;
  readonly act?: object;
}

const bar = find('undo-bar', HTMLElement);
const [undo, redo] = [find('undo', HTMLButtonElement), find('redo', HTMLButtonElement)];

/** Whether Ctrl+Z belongs to the browser there: it undoes what was typed. */
const isText = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement && !['radio', 'checkbox', 'file'].includes(target.type);

/** What was done to the project, and can be undone and done again. */
export class History {
  private readonly done: Step[] = [];
  private undone: Step[] = [];

  /** @param state takes down the present state; returns how to have it back */
  constructor(private readonly state: () => () => void) {
    undo.addEventListener('click', () => {
      this.move('Undone');
    });
    redo.addEventListener('click', () => {
      this.move('Done again');
    });
    window.addEventListener('keydown', (event) => {
      if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey)) return;
      // In the dialog, nothing would show what changes.
      if (isText(event.target) || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      this.move(event.shiftKey ? 'Done again' : 'Undone');
    });
  }

  /**
   * Announces what was done, and offers to undo it.
   *
   * @param restore brings back the state before
   * @param act what it is a part of: parts that follow each other are undone together
   */
  did(what: string, restore: () => void, act?: object): void {
    const last = this.done.at(-1);
    if (act !== undefined && last?.act === act) this.done.splice(-1, 1, { ...last, what });
    else this.done.push({ what, restore, ...(act && { act }) });
    if (this.done.length > MOST) this.done.shift();
    this.undone = [];
    announce(what);
    this.show(what);
  }

  /** Forgets everything: what was done belongs to another project. */
  clear(): void {
    this.done.length = 0;
    this.undone = [];
    bar.hidden = true;
  }

  private move(how: 'Undone' | 'Done again'): void {
    const isUndo = how === 'Undone';
    const [from, to] = isUndo ? [this.done, this.undone] : [this.undone, this.done];
    const step = from.pop();
    if (step === undefined) return;
    to.push({ what: step.what, restore: this.state() });
    const { activeElement: focused } = document;
    step.restore();
    announce(`${how}: ${step.what}`);
    this.show(`${how}: ${step.what}`);
    if (!(focused instanceof HTMLElement) || focused === document.body) return;
    // What had the focus may be gone, or have moved, which loses it.
    const isThere = focused.isConnected && focused.closest('[hidden]') === null;
    (isThere ? focused : isUndo ? redo : undo).focus();
  }

  private show(text: string): void {
    find('undo-what', HTMLElement).textContent = text;
    bar.hidden = false;
    // Not behind the bar.
    document.activeElement?.scrollIntoView({ block: 'nearest' });
    for (const [button, label, steps] of [
      [undo, 'Undo', this.done],
      [redo, 'Redo', this.undone],
    ] as const) {
      const what = steps.at(-1)?.what;
      button.hidden = what === undefined;
      button.ariaLabel = `${label}: ${what ?? ''}`;
    }
  }
}
