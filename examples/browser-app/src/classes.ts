import { alert, find } from './dom.js';
import { counted } from './numbers.js';
import { alertArea, PictureClass } from './picture-class.js';
import type { Picture } from './pictures.js';
import { History } from './undo.js';

const list = find('classes', HTMLUListElement);
const MIN_CLASSES = 2;

/** A class as it is kept. */
export interface NamedPictures {
  readonly name: string;
  readonly pictures: readonly Picture[];
}

/** All classes of the page. */
export class Classes {
  all: readonly PictureClass[] = [];
  /** Another object for each project: the previous one again if “Start anew” is undone. */
  project: object = {};
  private readonly history = new History(() => this.state());

  constructor(private readonly onChange: () => void) {
    this.set(this.fresh());
    find('add-class', HTMLButtonElement).addEventListener('click', () => {
      const added = this.make(this.unusedName(this.all));
      this.change(`${added.name} added`, () => {
        this.set([...this.all, added]);
      });
      added.input.focus();
      added.input.select();
    });
  }

  get pictures(): readonly Picture[] {
    return this.all.flatMap(({ pictures }) => pictures);
  }

  /** Removes all classes and pictures, which can be undone. */
  startAnew(): void {
    const count = counted(this.pictures.length, 'picture');
    this.change(`Started anew: ${count} removed`, () => {
      this.set(this.fresh());
      this.project = {};
    });
  }

  /** Shows the classes of a kept project. It can't be undone: that would replace the kept project by what was there before. */
  open(kept: readonly NamedPictures[]): void {
    this.set(
      kept.map(({ name, pictures }) => {
        const made = this.make(name);
        made.show(pictures);
        return made;
      }),
    );
    this.project = {};
    this.history.clear();
    this.onChange();
  }

  private make(name: string): PictureClass {
    return new PictureClass(name, {
      change: (what, change, act) => {
        this.change(what, change, act);
      },
      isThere: (self) => this.all.includes(self),
      onRename: this.onChange,
      onRemove: (self) => {
        this.remove(self);
      },
    });
  }

  private unusedName(among: readonly PictureClass[]): string {
    const taken = new Set(among.map(({ name }) => name));
    let number = among.length + 1;
    while (taken.has(`class ${number}`)) number += 1;
    return `class ${number}`;
  }

  private fresh(): PictureClass[] {
    return Array.from({ length: MIN_CLASSES }, (_, i) => this.make(`class ${i + 1}`));
  }

  private remove(removed: PictureClass): void {
    const index = this.all.indexOf(removed);
    this.change(`${removed.name} removed`, () => {
      this.set(this.all.filter((each) => each !== removed));
    });
    this.all[Math.min(index, this.all.length - 1)]?.input.focus();
  }

  private change(what: string, change: () => void, act?: object): void {
    const before = this.state();
    alert(alertArea);
    change();
    this.history.did(what, before, act);
    this.onChange();
  }

  /** Takes down the classes, their pictures and their order, but not their names; returns how to have them back. */
  private state(): () => void {
    const { all, project } = this;
    const pictures = all.map((each) => each.pictures);
    return () => {
      for (const [i, each] of all.entries()) each.show(pictures[i]);
      this.set(all);
      this.project = project;
      this.onChange();
      // After the step that brings the classes back.
      queueMicrotask(() => {
        for (const each of this.all) each.addLate();
      });
    };
  }

  private set(all: readonly PictureClass[]): void {
    const isSame = all.length === this.all.length && all.every((each, i) => each === this.all[i]);
    this.all = all;
    if (isSame) return;
    list.replaceChildren(...all.map(({ card }) => card));
    for (const [index, each] of all.entries()) each.number(index, all.length > MIN_CLASSES);
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
