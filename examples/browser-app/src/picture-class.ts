import { openCamera } from './camera.js';
import { button, element, find } from './dom.js';
import { connectIntake } from './intake.js';
import { counted } from './numbers.js';
import type { Picture } from './pictures.js';

export const alertArea = find('pictures-alert', HTMLElement);

/** What a class tells the project. */
export interface Owner {
  /**
   * Changes pictures in a way that can be undone.
   *
   * @param act see `History.did`
   */
  readonly change: (what: string, change: () => void, act?: object) => void;
  /** Whether the class is one of the project's. */
  readonly isThere: (self: PictureClass) => boolean;
  readonly onRename: () => void;
  readonly onRemove: (self: PictureClass) => void;
}

/** A class, with its card on the page. */
export class PictureClass {
  private shown: readonly Picture[] = [];
  /** Pictures that were read only after the class had been removed. */
  private late: readonly Picture[] = [];
  readonly card: HTMLElement;
  readonly input = element('input', { type: 'text', required: true, autocomplete: 'off' });
  private readonly title = element('h3');
  private readonly count = element('p', { className: 'note' });
  private readonly thumbs = element('ul', { className: 'thumbs' });
  /** Buttons whose accessible names end with the class's name. */
  private readonly named = new Map<HTMLButtonElement, string>();
  private readonly add: HTMLButtonElement;
  readonly remove: HTMLButtonElement;

  constructor(
    name: string,
    private readonly owner: Owner,
  ) {
    this.input.value = name;
    this.add = this.button('Add pictures', 'button', () => undefined);
    const camera = this.button('Use the camera', 'button', () => {
      void openCamera({
        title: `Pictures of ${this.name}`,
        alertArea,
        onPicture: (picture, press) => {
          this.take([picture], press.taken, press);
        },
      });
    });
    this.remove = this.button('Remove class', 'button quiet', () => {
      owner.onRemove(this);
    });
    this.card = element(
      'li',
      { className: 'zone class-card' },
      element('div', { className: 'class-head' }, this.title, this.remove),
      element('label', { className: 'field' }, 'Name ', this.input),
      element('div', { className: 'row' }, this.add, camera),
      this.count,
      this.thumbs,
    );
    this.input.addEventListener('input', () => {
      this.show();
      owner.onRename();
    });
    connectIntake({
      zone: this.card,
      button: this.add,
      alertArea,
      multiple: true,
      onPictures: (pictures) => {
        this.take(pictures, pictures.length);
      },
    });
  }

  get pictures(): readonly Picture[] {
    return this.shown;
  }

  get name(): string {
    return this.input.value.trim();
  }

  /** Updates the card's number. */
  number(index: number, removable: boolean): void {
    this.title.textContent = `Class ${index + 1}`;
    this.input.setAttribute('aria-label', `Name of class ${index + 1}`);
    this.remove.hidden = !removable;
    this.show();
  }

  private button(label: string, className: string, act: () => void): HTMLButtonElement {
    const made = button(label, className, act);
    this.named.set(made, label);
    return made;
  }

  /** @param count how many pictures the act has added so far */
  private take(pictures: readonly Picture[], count: number, act?: object): void {
    if (!this.owner.isThere(this)) {
      this.late = [...this.late, ...pictures];
      return;
    }
    const what = `${counted(count, 'picture')} added to ${this.name}`;
    const change = () => {
      this.show([...this.pictures, ...pictures]);
    };
    this.owner.change(what, change, act);
  }

  /** Adds the pictures that came while the class was removed. */
  addLate(): void {
    const { late } = this;
    this.late = [];
    if (late.length > 0) this.take(late, late.length);
  }

  private drop(index: number): void {
    this.owner.change(`Picture removed from ${this.name}`, () => {
      this.show(this.pictures.filter((_, i) => i !== index));
    });
    // The focused button has been removed.
    const buttons = this.thumbs.querySelectorAll('button');
    (buttons[Math.min(index, buttons.length - 1)] ?? this.add).focus();
  }

  /** Shows other pictures, or the same under another name. */
  show(pictures = this.pictures): void {
    this.shown = pictures;
    for (const [made, label] of this.named) made.ariaLabel = `${label}: ${this.name}`;
    const { length } = this.pictures;
    this.count.textContent =
      length === 0 ? 'No pictures yet: drop some here.' : counted(length, 'picture');
    this.thumbs.hidden = length === 0;
    this.thumbs.replaceChildren(
      ...this.pictures.map(({ canvas, name }, index) => {
        canvas.role = 'img';
        canvas.ariaLabel = name;
        const remove = button('×', 'thumb-remove', () => {
          this.drop(index);
        });
        remove.ariaLabel = `Remove picture ${index + 1} of ${this.name}: ${name}`;
        return element('li', {}, canvas, remove);
      }),
    );
  }
}
