import type { Preprocessing } from 'resnet-heads';
import type { HeadName } from 'resnet-heads/plan';
import {
  type BaseShape,
  type Cost,
  costOf,
  HEADS,
  PAGE_LIMIT_BYTES,
  recipe,
  type HeadSettings,
} from './cost.js';
import { element, find } from './dom.js';
import { bytes, integer, millions } from './numbers.js';

export type BaseKind = 'imagenet' | 'random' | 'own';

/** What stands in the form. */
export interface Choice {
  readonly base: BaseKind;
  readonly head: HeadName;
  readonly hiddenUnits: number;
  readonly dropout: number;
  readonly size: number;
}

const ABOUT: Readonly<Record<HeadName, { readonly title: string; readonly text: string }>> = {
  pooled: { title: 'Pooled', text: 'Averages the map, then one layer. Light; start here.' },
  flattened: {
    title: 'Flattened',
    text: 'A weight for each position, channel and hidden unit. Knows where things are.',
  },
  dense: { title: 'Dense', text: 'Scores each position of the map by two layers.' },
};

const form = find('choice', HTMLFormElement);
const summary = find('cost', HTMLElement);
const warning = find('cost-warning', HTMLElement);

const field = (name: string): HTMLInputElement | HTMLSelectElement | RadioNodeList => {
  const found = form.elements.namedItem(name);
  if (
    found instanceof HTMLInputElement ||
    found instanceof HTMLSelectElement ||
    found instanceof RadioNodeList
  )
    return found;
  throw new Error(`index.html: expected a field "${name}" in the form`);
};

export const preprocessingChosen = (): Preprocessing =>
  field('preprocessing').value as Preprocessing;

/** What is chosen; nothing where a number is out of range. */
export function readChoice(): Choice | undefined {
  if (!form.checkValidity()) return undefined;
  return {
    base: field('base').value as BaseKind,
    head: field('head').value as HeadName,
    hiddenUnits: Number(field('hidden').value),
    dropout: Number(field('dropout').value),
    size: Number(field('size').value),
  };
}

export function chooseBase(kind: BaseKind, preprocessing?: string): void {
  field('base').value = kind;
  if (preprocessing !== undefined) field('preprocessing').value = preprocessing;
  form.dispatchEvent(new Event('change'));
}

/** One row of a card's figures. */
const figure = (name: string): [HTMLElement, HTMLElement] => {
  const value = element('dd');
  return [element('div', {}, element('dt', {}, name), value), value];
};

class HeadCard {
  private readonly bar = element('span', { className: 'bar-fill' });
  private readonly shown = ['Parameters', 'MACs a picture', 'Weights', 'Memory to train'].map(
    figure,
  );
  readonly card: HTMLElement;

  constructor(readonly name: HeadName) {
    const { title, text } = ABOUT[name];
    const id = `head-${name}`;
    const radio = element('input', { type: 'radio', name: 'head', value: name, id });
    radio.checked = name === 'pooled';
    radio.setAttribute('aria-describedby', `${id}-about`);
    const label = element('label', { htmlFor: id, className: 'option-name' }, title);
    const bar = element('div', { className: 'bar', ariaHidden: 'true' }, this.bar);
    const about = element('p', { className: 'note', id: `${id}-about` }, text);
    const list = element('dl', { className: 'figures' }, ...this.shown.map(([row]) => row));
    this.card = element(
      'div',
      { className: 'head-card' },
      element('div', { className: 'head-title' }, radio, label),
      about,
      bar,
      list,
    );
    // All of a card is its label's; the list can't be in a label, which may hold no list.
    this.card.addEventListener('click', () => {
      radio.click();
    });
  }

  show({ params, macs, weightBytes, trainingBytes }: Cost, most: number): void {
    const texts = [integer(params), integer(macs), bytes(weightBytes), bytes(trainingBytes)];
    for (const [i, [, value]] of this.shown.entries()) value.textContent = texts[i] ?? '';
    this.bar.style.width = `${(100 * params) / most}%`;
  }
}

/** The form, and what each head costs by it. */
export class ChoiceView {
  private readonly cards = HEADS.map((name) => new HeadCard(name));

  constructor(onChange: () => void) {
    find('heads', HTMLElement).append(...this.cards.map(({ card }) => card));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
    });
    for (const event of ['input', 'change']) form.addEventListener(event, onChange);
  }

  /** Shows what the heads cost now; of a base that isn't there, nothing is known. */
  show(choice: Choice | undefined, numClasses: number, base: BaseShape | undefined): void {
    find('own-options', HTMLElement).hidden = field('base').value !== 'own';
    if (choice === undefined) {
      const hidden = field('hidden') as HTMLInputElement;
      summary.textContent = '';
      warning.textContent = `Hidden units: ${hidden.validationMessage}`;
      return;
    }
    find('hidden-field', HTMLElement).hidden = choice.head === 'pooled';
    // A base of one's own has a size.
    find('size-field', HTMLElement).hidden = choice.base === 'own';
    if (base === undefined) {
      summary.textContent = 'Choose the base’s files to see what a head on it costs.';
      warning.textContent = '';
      return;
    }
    const settings: HeadSettings = { ...choice, numClasses };
    const costs = HEADS.map((name) => costOf(recipe(name, settings), base));
    const most = Math.max(...costs.map(({ params }) => params));
    for (const [i, cost] of costs.entries()) this.cards[i]?.show(cost, most);
    const cost = costs[HEADS.indexOf(choice.head)];
    if (cost !== undefined) tell(choice, numClasses, cost);
  }
}

/** The chosen head's cost in a sentence, and a warning where it is too much. */
function tell({ head }: Choice, numClasses: number, cost: Cost): void {
  const { params, totalParams, trainingBytes } = cost;
  summary.textContent =
    `${ABOUT[head].title}, ${numClasses} classes: ${integer(params)} parameters to train, ` +
    `${millions(totalParams)} with the base; some ${bytes(trainingBytes)} of memory.`;
  const isTooMuch = trainingBytes > PAGE_LIMIT_BYTES;
  const text = isTooMuch
    ? `Training takes ${bytes(trainingBytes)}, more than a page can have (${bytes(PAGE_LIMIT_BYTES)} under WebAssembly). Choose fewer hidden units or smaller pictures.`
    : '';
  // Only news is read out.
  if (warning.textContent !== text) warning.textContent = text;
}
