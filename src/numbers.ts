import type { Shape } from './layers/factory.js';

// A fixed locale: the same output on every machine.
const whole = /* @__PURE__ */ new Intl.NumberFormat('en-US');
const twoDigits = /* @__PURE__ */ new Intl.NumberFormat('en-US', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const threeFigures = /* @__PURE__ */ new Intl.NumberFormat('en-US', {
  maximumSignificantDigits: 3,
});
const tenths = /* @__PURE__ */ new Intl.NumberFormat('en-US', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
/** Smaller shares would round to 0.0%. */
const LEAST_SHARE = 0.0005;

const BYTES_PER_MB = 1e6;

export const integer = (count: number): string => whole.format(count);
/** A count, or a dash if it is unknown. */
export const countOrDash = (count: number | null): string =>
  count === null ? '—' : integer(count);
/** Formats a share from 0 to 1 as `81.0%`, always with one decimal so that columns line up. */
export const percent = (share: number): string =>
  share > 0 && share < LEAST_SHARE ? '<0.1%' : tenths.format(share);
export const megabytes = (bytes: number): string => `${twoDigits.format(bytes / BYTES_PER_MB)} MB`;
export const shape = (sizes: Shape): string => sizes.join(' × ') || 'scalar';
/** Numbers from here on are written without an exponent, but for 0. */
const SMALLEST = 1e-6;
const LARGEST = 1e21;

/** Three significant figures, for ratios and measured times. */
export const figures = (value: number): string =>
  value !== 0 && (Math.abs(value) < SMALLEST || Math.abs(value) >= LARGEST)
    ? value.toExponential(2)
    : threeFigures.format(value);

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** Formats bytes in a fitting unit, `6.58 GB`; 1 kB is 1,000 bytes. */
export function bytes(count: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(count) / 3)));
  return `${figures(count / 1000 ** power)} ${UNITS[power] ?? ''}`;
}

/** A share from 0 to 1 in percent or points, with one decimal: `81.0`. */
export const percentage = (share: number): string => (100 * share).toFixed(1);
