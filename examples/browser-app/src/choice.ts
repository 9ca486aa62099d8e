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

export type BaseKind = 'mini' | 'imagenet' | 'own';

/** Whether a head is trained in epochs; a pooled head without dropout is fitted to its optimum instead. */
export const hasEpochs = ({ head, dropout }: Choice): boolean => head !== 'pooled' || dropout > 0;

/** The values of the form. */
export interface Choice {
  readonly base: BaseKind;
  readonly head: HeadName;
  readonly hiddenUnits: number;
  readonly dropout: number;
  readonly size: number;
}

const ABOUT: Readonly<Record<HeadName, { readonly title: string; readonly text: string }>> = {
  pooled: {
    title: 'Pooled',
    text: 'Averages the feature map, then one layer. Small; start here.',
  },
  flattened: {
    title: 'Flattened',
    text: 'A weight for each position, channel and hidden unit. Large; keeps positions.',
  },
  dense: { title: 'Dense', text: 'Two layers that classify each position of the feature map.' },
};

const form = find('choice', HTMLFormElement);
const summary = find('cost', HTMLElement);
const warning = find('cost-warning', HTMLElement);

type Field = HTMLInputElement | HTMLSelectElement | RadioNodeList;

function fieldIfAny(name: string): Field | undefined {
  const found = form.elements.namedItem(name);
  const isField =
    found instanceof HTMLInputElement ||
    found instanceof HTMLSelectElement ||
    found instanceof RadioNodeList;
  return isField ? found : undefined;
}

const field = (name: string): Field => {
  const found = fieldIfAny(name);
  if (found !== undefined) return found;
  throw new Error(`index.html: expected a field "${name}" in the form`);
};

export const preprocessingChosen = (): Preprocessing =>
  field('preprocessing').value as Preprocessing;

/** Reads the form; undefined if a number is out of range. */
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

/** The values of the form by name, and the epochs, as they are kept. */
export type Settings = Readonly<Record<string, string>>;

const epochs = find('epochs', HTMLInputElement);

export const readSettings = (): Settings =>
  Object.fromEntries([
    ...[...new FormData(form).keys()].map((name) => [name, field(name).value] as const),
    ['epochs', epochs.value],
  ]);

/** Sets the form; values that it can't have are left out. */
export function setSettings(settings: Settings): void {
  for (const [name, value] of Object.entries(settings)) {
    const control = name === 'epochs' ? epochs : fieldIfAny(name);
    if (control === undefined) continue;
    const before = control.value;
    control.value = value;
    if (control.value !== value) control.value = before;
  }
  form.dispatchEvent(new Event('change'));
}

export function chooseBase(kind: BaseKind, preprocessing?: string): void {
  field('base').value = kind;
  if (preprocessing !== undefined) field('preprocessing').value = preprocessing;
  form.dispatchEvent(new Event('change'));
}

/** Makes one row of a card's figures. */
const figure = (name: string): [HTMLElement, HTMLElement] => {
  const value = element('dd');
  return [element('div', {}, element('dt', {}, name), value), value];
};

class HeadCard {
  private readonly bar = element('span', { className: 'bar-fill' });
  private readonly shown = ['Parameters', 'MACs per picture', 'Weights', 'Memory to train'].map(
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
    // A click anywhere on the card selects it; a label around the card must not contain a list.
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

/** The form, and the cost of each head with its values. */
export class ChoiceView {
  private readonly cards = HEADS.map((name) => new HeadCard(name));

  constructor(onChange: () => void) {
    find('heads', HTMLElement).append(...this.cards.map(({ card }) => card));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
    });
    for (const event of ['input', 'change']) form.addEventListener(event, onChange);
  }

  /** Shows the costs of the heads; without a backbone they are unknown. */
  show(choice: Choice | undefined, numClasses: number, base: BaseShape | undefined): void {
    find('own-options', HTMLElement).hidden = field('base').value !== 'own';
    if (choice === undefined) {
      const hidden = field('hidden') as HTMLInputElement;
      summary.textContent = '';
      warning.textContent = `Hidden units: ${hidden.validationMessage}`;
      return;
    }
    find('hidden-field', HTMLElement).hidden = choice.head === 'pooled';
    find('epochs-field', HTMLElement).hidden = !hasEpochs(choice);
    // resnet-mini and the user's own backbone have a size of their own.
    find('size-field', HTMLElement).hidden = choice.base !== 'imagenet';
    if (base === undefined) {
      summary.textContent = 'Choose the backbone’s files to see the cost of each head.';
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

/** Shows the chosen head's cost in a sentence, and a warning if it is too high. */
function tell({ head }: Choice, numClasses: number, cost: Cost): void {
  const { params, totalParams, trainingBytes } = cost;
  summary.textContent =
    `${ABOUT[head].title}, ${numClasses} classes: ${integer(params)} parameters to train, ` +
    `${millions(totalParams)} with the backbone; about ${bytes(trainingBytes)} of memory.`;
  const isTooMuch = trainingBytes > PAGE_LIMIT_BYTES;
  const text = isTooMuch
    ? `Training needs ${bytes(trainingBytes)}, more than a page can use (${bytes(PAGE_LIMIT_BYTES)} with WebAssembly). Choose fewer hidden units or smaller pictures.`
    : '';
  // Screen readers would read out an unchanged text again.
  if (warning.textContent !== text) warning.textContent = text;
}
