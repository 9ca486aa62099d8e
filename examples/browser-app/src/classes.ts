import { openCamera } from './camera.js';
import { announce, button, element, find } from './dom.js';
import { connectIntake } from './intake.js';
import { counted } from './numbers.js';
import type { Picture } from './pictures.js';

const list = find('classes', HTMLUListElement);
const alertArea = find('pictures-alert', HTMLElement);
const MIN_CLASSES = 2;

/** A class, with its card on the page. */
export class PictureClass {
  readonly pictures: Picture[] = [];
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
    private readonly onChange: () => void,
    onRemove: (self: PictureClass) => void,
  ) {
    this.input.value = name;
    this.add = this.button('Add pictures', 'button', () => undefined);
    const camera = this.button('Use the camera', 'button', () => {
      void openCamera({
        title: `Pictures of ${this.name}`,
        single: false,
        alertArea,
        onPicture: (picture) => {
          this.take([picture]);
        },
      });
    });
    this.remove = this.button('Remove class', 'button quiet', () => {
      onRemove(this);
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
      onChange();
    });
    connectIntake({
      zone: this.card,
      button: this.add,
      alertArea,
      multiple: true,
      onPictures: (pictures) => {
        this.take(pictures);
      },
    });
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

  private take(pictures: readonly Picture[]): void {
    this.pictures.push(...pictures);
    announce(`${counted(pictures.length, 'picture')} added to ${this.name}`);
    this.show();
    this.onChange();
  }

  private drop(index: number): void {
    this.pictures.splice(index, 1);
    announce(`Picture removed from ${this.name}`);
    this.show();
    this.onChange();
    // The focused button has been removed.
    const buttons = this.thumbs.querySelectorAll('button');
    (buttons[Math.min(index, buttons.length - 1)] ?? this.add).focus();
  }

  private show(): void {
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

/** All classes of the page. */
export class Classes {
  readonly all: PictureClass[] = [];

  constructor(private readonly onChange: () => void) {
    const add = find('add-class', HTMLButtonElement);
    for (let i = 0; i < MIN_CLASSES; i++) this.add();
    add.addEventListener('click', () => {
      const added = this.add();
      onChange();
      added.input.focus();
      added.input.select();
    });
  }

  private add(): PictureClass {
    const taken = new Set(this.all.map(({ name }) => name));
    let number = this.all.length + 1;
    while (taken.has(`class ${number}`)) number += 1;
    const added = new PictureClass(`class ${number}`, this.onChange, (self) => {
      this.remove(self);
    });
    this.all.push(added);
    list.append(added.card);
    this.renumber();
    return added;
  }

  private remove(removed: PictureClass): void {
    const index = this.all.indexOf(removed);
    this.all.splice(index, 1);
    removed.card.remove();
    this.renumber();
    announce(`${removed.name} removed`);
    this.onChange();
    this.all[Math.min(index, this.all.length - 1)]?.input.focus();
  }

  private renumber(): void {
    const removable = this.all.length > MIN_CLASSES;
    for (const [index, each] of this.all.entries()) each.number(index, removable);
  }

  /** What has to be corrected before training, and the field to focus; undefined if nothing. */
  problem(): { readonly text: string; readonly at: HTMLElement } | undefined {
    const names = new Set<string>();
    for (const { name, input } of this.all) {
      if (name === '') return { text: 'A class has no name: give it one.', at: input };
      if (names.has(name))
        return { text: `Two classes are called ${name}: rename one of them.`, at: input };
      names.add(name);
    }
    const empty = this.all.filter(({ pictures }) => pictures.length === 0);
    const [first] = empty;
    if (first === undefined) return undefined;
    const which = empty.map(({ name }) => name).join(', ');
    return {
      text: `No pictures of ${which}: add some, or remove ${empty.length === 1 ? 'the class' : 'the classes'}.`,
      at: first.input,
    };
  }
}
