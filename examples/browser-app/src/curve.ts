import type { Epoch } from 'resnet-heads';
import { element, find } from './dom.js';
import { figures, share } from './numbers.js';

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [600, 160];

function svg(tag: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function line(losses: readonly number[], most: number, epochs: number, name: string): SVGElement {
  const points = losses.map((loss, i) => {
    const x = epochs > 1 ? (WIDTH * i) / (epochs - 1) : 0;
    return `${x.toFixed(1)},${(HEIGHT * (1 - loss / most)).toFixed(1)}`;
  });
  return svg('polyline', { points: points.join(' '), class: `line ${name}` });
}

const area = find('curve', HTMLElement);
const details = find('epochs-table', HTMLDetailsElement);

export function hideCurve(): void {
  area.hidden = true;
  details.hidden = true;
}

/** Draws the loss by epoch; `listEpochs` shows the same figures as a table. */
export function drawCurve(points: readonly Epoch[], epochs: number): void {
  const losses = points.map(({ loss }) => loss);
  const heldOut = points.flatMap(({ validationLoss }) => validationLoss ?? []);
  const [first = NaN, last = NaN] = [losses[0], losses.at(-1)];
  const most = Math.max(...losses, ...heldOut, Number.EPSILON);
  const drawing = svg('svg', {
    viewBox: `-4 -6 ${WIDTH + 8} ${HEIGHT + 12}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': `Loss over ${points.length} epochs: from ${figures(first)} to ${figures(last)}`,
  });
  const floor = { x1: '0', x2: String(WIDTH), y1: String(HEIGHT), y2: String(HEIGHT) };
  drawing.append(svg('line', { ...floor, class: 'axis' }), line(losses, most, epochs, 'learned'));
  if (heldOut.length > 0) drawing.append(line(heldOut, most, epochs, 'held-out'));
  const legend = element('p', { className: 'legend', ariaHidden: 'true' });
  legend.append(element('span', { className: 'key learned' }, 'Training loss'));
  if (heldOut.length > 0)
    legend.append(element('span', { className: 'key held-out' }, 'Validation loss'));
  area.replaceChildren(legend, drawing);
  area.hidden = false;
}

const HEADINGS = ['Epoch', 'Loss', 'Accuracy', 'Validation loss', 'Validation accuracy'];

export function listEpochs(points: readonly Epoch[]): void {
  const columns = points.some(({ validationLoss }) => validationLoss !== undefined)
    ? HEADINGS.length
    : HEADINGS.length - 2;
  const cells = ({ loss, accuracy, validationLoss, validationAccuracy }: Epoch) => [
    figures(loss),
    share(accuracy),
    ...(validationLoss === undefined ? [] : [figures(validationLoss)]),
    ...(validationAccuracy === undefined ? [] : [share(validationAccuracy)]),
  ];
  const head = HEADINGS.slice(0, columns).map((text) => element('th', { scope: 'col' }, text));
  const rows = points.map((point, i) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, String(i + 1)),
      ...cells(point).map((text) => element('td', {}, text)),
    ),
  );
  const table = element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  );
  details.querySelector('.scroll')?.replaceChildren(table);
  details.hidden = false;
}
