import { element, find } from './dom.js';
import { figures, share } from './numbers.js';

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [600, 160];

function svg(tag: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function line(losses: readonly number[], most: number, length: number, name: string): SVGElement {
  const points = losses.map((loss, i) => {
    const x = length > 1 ? (WIDTH * i) / (length - 1) : 0;
    return `${x.toFixed(1)},${(HEIGHT * (1 - loss / most)).toFixed(1)}`;
  });
  return svg('polyline', { points: points.join(' '), class: `line ${name}` });
}

const area = find('curve', HTMLElement);
const details = find('curve-table', HTMLDetailsElement);

export function hideCurve(): void {
  area.hidden = true;
  details.hidden = true;
}

/** The results of an epoch, or of a fit with one penalty. */
export interface Point {
  /** The epoch or the penalty. */
  readonly name: string;
  readonly loss: number;
  readonly accuracy: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
}

/** What the points of a curve are. */
export type Step = 'epoch' | 'L2 penalty';

const PLURALS: Readonly<Record<Step, string>> = { epoch: 'epochs', 'L2 penalty': 'L2 penalties' };

export interface Curve {
  readonly step: Step;
  readonly check: Check;
  readonly points: readonly Point[];
}

/** Draws the loss by step; `listPoints` shows the same figures as a table. `length` is the largest number of points. */
export function drawCurve({ step, check, points }: Curve, length = points.length): void {
  const losses = points.map(({ loss }) => loss);
  const heldOut = points.flatMap(({ validationLoss }) => validationLoss ?? []);
  const [first = NaN, last = NaN] = [losses[0], losses.at(-1)];
  const most = Math.max(...losses, ...heldOut, Number.EPSILON);
  const drawing = svg('svg', {
    viewBox: `-4 -6 ${WIDTH + 8} ${HEIGHT + 12}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': `Loss over ${points.length} ${PLURALS[step]}: from ${figures(first)} to ${figures(last)}`,
  });
  const floor = { x1: '0', x2: String(WIDTH), y1: String(HEIGHT), y2: String(HEIGHT) };
  drawing.append(svg('line', { ...floor, class: 'axis' }), line(losses, most, length, 'learned'));
  if (heldOut.length > 0) drawing.append(line(heldOut, most, length, 'held-out'));
  const legend = element('p', { className: 'legend', ariaHidden: 'true' });
  legend.append(element('span', { className: 'key learned' }, 'Training loss'));
  if (heldOut.length > 0)
    legend.append(element('span', { className: 'key held-out' }, `${check} loss`));
  area.replaceChildren(legend, drawing);
  area.hidden = false;
}

/** What the second line shows: penalties are compared by cross-validation where few pictures, or none, are held out. */
export type Check = 'Validation' | 'Cross-validation';

export function listPoints({ step, check, points }: Curve): void {
  const headings = [
    step.charAt(0).toUpperCase() + step.slice(1),
    'Loss',
    'Accuracy',
    `${check} loss`,
    `${check} accuracy`,
  ];
  const columns = points.some(({ validationLoss }) => validationLoss !== undefined)
    ? headings.length
    : headings.length - 2;
  const cells = ({ loss, accuracy, validationLoss, validationAccuracy }: Point) => [
    figures(loss),
    share(accuracy),
    ...(validationLoss === undefined ? [] : [figures(validationLoss)]),
    ...(validationAccuracy === undefined ? [] : [share(validationAccuracy)]),
  ];
  const head = headings.slice(0, columns).map((text) => element('th', { scope: 'col' }, text));
  const rows = points.map((point) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, point.name),
      ...cells(point).map((text) => element('td', {}, text)),
    ),
  );
  const table = element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  );
  const title = `Loss and accuracy by ${step}`;
  details.querySelector('summary')?.replaceChildren(title);
  const scroll = details.querySelector('.scroll');
  scroll?.setAttribute('aria-label', title);
  scroll?.replaceChildren(table);
  details.hidden = false;
}
