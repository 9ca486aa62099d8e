import { figures } from '../numbers.js';
import { html, Html } from './html.js';

/** A line of a chart: its numbers, and how it is drawn. */
export interface Line {
  readonly name: string;
  /** `[x, y]`, from left to right. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChart {
  readonly title: string;
  readonly xName: string;
  /** One or two. */
  readonly lines: readonly Line[];
  /** How numbers are written. */
  readonly yText: (y: number) => string;
  readonly xText: (x: number) => string;
  /** Smallest range of y. */
  readonly yRange?: readonly [least: number, most: number];
  /** Marks an x: what was chosen. */
  readonly mark?: { readonly x: number; readonly name: string };
  readonly logarithmic?: boolean;
}

/** In units of the drawing, which is as wide as the page lets it be. */
const WIDTH = 440;
const HEIGHT = 240;
const LEFT = 52;
const RIGHT = 12;
const TOP = 20;
const BOTTOM = 44;
const STEPS = 4;
const STYLES = ['a', 'b'] as const;

/** A number for a coordinate. */
const at = (value: number): string => value.toFixed(1);

/** Round numbers that cover a range, from below the least to above the most. */
function ticksOf(least: number, most: number): number[] {
  const span = most - least || Math.abs(most) || 1;
  const rough = span / STEPS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10);
  const first = Math.floor(least / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(most / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

const ends = (values: readonly number[]): [number, number] => [
  Math.min(...values),
  Math.max(...values),
];

/** Draws lines, the second one dashed, as an inline SVG whose colours follow the page's. */
export function lineChart(chart: LineChart): Html {
  const { title, lines, xName, xText, yText, yRange, mark, logarithmic = false } = chart;
  const points = lines.flatMap((line) => line.points).filter(([, y]) => Number.isFinite(y));
  const own = ends(points.map(([, y]) => y));
  const ticks = ticksOf(
    Math.min(own[0], yRange?.[0] ?? Infinity),
    Math.max(own[1], yRange?.[1] ?? -Infinity),
  );
  const [low, high] = ends(ticks);
  const scaled = (x: number) => (logarithmic ? Math.log10(x) : x);
  const [from, to] = ends(points.map(([x]) => scaled(x)));
  const xAt = (x: number) =>
    LEFT + ((WIDTH - LEFT - RIGHT) * (scaled(x) - from)) / (to - from || 1);
  const yAt = (y: number) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - y)) / (high - low);
  const last = points.map(([x]) => x);
  const xs = [...new Set([Math.min(...last), ...(mark ? [mark.x] : []), Math.max(...last)])];
  const summary = lines
    .map(({ name, points: line }) => {
      const [first, end] = [line[0]?.[1] ?? NaN, line.at(-1)?.[1] ?? NaN];
      return `${name} from ${yText(first)} to ${yText(end)}`;
    })
    .join(', ');
  return html` <figure>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}: ${summary}">
      ${ticks.map((y) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(yAt(y))}" y2="${at(yAt(y))}" /><text x="${LEFT - 6}" y="${at(yAt(y) + 4)}" text-anchor="end">${yText(y)}</text>`)}
      ${mark ? html`<line class="mark" x1="${at(xAt(mark.x))}" x2="${at(xAt(mark.x))}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" /><text x="${at(xAt(mark.x))}" y="${TOP - 6}" text-anchor="middle">${mark.name}</text>` : undefined}
      ${lines.map(({ points: line }, i) => html`<polyline class="${STYLES[i] ?? 'a'}" points="${line.map(([x, y]) => `${at(xAt(x))},${at(yAt(y))}`).join(' ')}" />${line.map(([x, y]) => html`<circle class="dot-${STYLES[i] ?? 'a'}" r="2.5" cx="${at(xAt(x))}" cy="${at(yAt(y))}" />`)}`)}
      ${xs.map((x) => html`<text x="${at(xAt(x))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${xText(x)}</text>`)}
      <text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${xName}</text>
    </svg>
    <figcaption>
      ${title}.
      ${lines.map(({ name }, i) => html`<span class="key${i === 0 ? '' : ' two'}"></span>${name} `)}
    </figcaption>
  </figure>`;
}

/** Draws a bar for each bin and the line that bars would end at. */
export function reliabilityChart(
  bins: readonly { readonly from: number; readonly to: number; readonly height: number | null }[],
  label: string,
): Html {
  const side = WIDTH - LEFT - RIGHT;
  const height = 300;
  const bottom = height - BOTTOM;
  const xAt = (x: number) => LEFT + side * x;
  const yAt = (y: number) => bottom - (bottom - TOP) * y;
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return html` <figure>
    <svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">
      ${ticks.map((y) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(yAt(y))}" y2="${at(yAt(y))}" /><text x="${LEFT - 6}" y="${at(yAt(y) + 4)}" text-anchor="end">${figures(100 * y)}%</text><text x="${at(xAt(y))}" y="${bottom + 16}" text-anchor="middle">${figures(100 * y)}%</text>`)}
      ${bins.map(({ from, to, height: share }) => (share === null ? html`` : html`<rect class="bar" x="${at(xAt(from) + 1)}" y="${at(yAt(share))}" width="${at(xAt(to) - xAt(from) - 2)}" height="${at(bottom - yAt(share))}" />`))}
      <line
        class="ideal"
        x1="${at(xAt(0))}"
        y1="${at(yAt(0))}"
        x2="${at(xAt(1))}"
        y2="${at(yAt(1))}"
      />
      <text x="${at(xAt(0.5))}" y="${height - 6}" text-anchor="middle">
        probability of the predicted class
      </text>
    </svg>
    <figcaption>
      Share of correct predictions by probability. The dashed line shows where bars end if
      probabilities are right; below it, predictions are too confident.
    </figcaption>
  </figure>`;
}
