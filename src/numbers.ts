import type { Shape } from './layers/factory.js';

// A fixed locale: the same figures read the same on every machine.
const whole = /* @__PURE__ */ new Intl.NumberFormat('en-US');
const twoDigits = /* @__PURE__ */ new Intl.NumberFormat('en-US', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const threeFigures = /* @__PURE__ */ new Intl.NumberFormat('en-US', {
  maximumSignificantDigits: 3,
});
const percent = /* @__PURE__ */ new Intl.NumberFormat('en-US', {
  style: 'percent',
  maximumSignificantDigits: 3,
});

const BYTES_PER_MB = 1e6;

export const integer = (count: number): string => whole.format(count);
/** Of what nobody could count, a dash. */
export const countOrDash = (count: number | null): string =>
  count === null ? '—' : integer(count);
export const share = (part: number): string => percent.format(part);
export const megabytes = (bytes: number): string => `${twoDigits.format(bytes / BYTES_PER_MB)} MB`;
export const shape = (sizes: Shape): string => sizes.join(' × ') || 'scalar';
/** Three significant figures: what a ratio or a measured time is good for. */
export const figures = (value: number): string => threeFigures.format(value);

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes in the unit that reads best: `6.58 GB`, by thousands. */
export function bytes(count: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(count) / 3)));
  return `${figures(count / 1000 ** power)} ${UNITS[power] ?? ''}`;
}
