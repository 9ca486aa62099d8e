import { find } from './dom.js';

/** A progress bar of index.html, with a label. */
export class Bar {
  private readonly area: HTMLElement;
  private readonly bar: HTMLProgressElement;
  private readonly label: HTMLElement;

  /** @param name what the ids of its elements begin with */
  constructor(name: string) {
    this.area = find(`${name}-progress`, HTMLElement);
    this.bar = find(`${name}-bar`, HTMLProgressElement);
    this.label = find(`${name}-label`, HTMLElement);
  }

  /** @param done from 0 to 1, if known */
  show(text: string, done?: number): void {
    this.area.hidden = false;
    this.label.textContent = text;
    if (done === undefined) this.bar.removeAttribute('value');
    else this.bar.value = done;
  }

  hide(): void {
    this.area.hidden = true;
  }
}
