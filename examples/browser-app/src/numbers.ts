const whole = new Intl.NumberFormat('en-US');
const threeFigures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 0 });

export const integer = (count: number): string => whole.format(count);
export const figures = (value: number): string => threeFigures.format(value);
export const share = (part: number): string => percent.format(part);

const THOUSAND = 1_000;

/** Formats a number in a fitting unit, to three significant figures. */
function scaled(count: number, units: readonly string[]): string {
  const power = Math.min(
    units.length - 1,
    Math.max(0, Math.floor(Math.log10(count) / Math.log10(THOUSAND))),
  );
  return `${figures(count / THOUSAND ** power)} ${units[power] ?? ''}`.trimEnd();
}

export const bytes = (count: number): string => scaled(count, ['B', 'kB', 'MB', 'GB', 'TB']);
export const millions = (count: number): string => scaled(count, ['', 'k', 'M', 'G', 'T']);
/** Formats a count: `1 picture`, `2 pictures`. */
export const counted = (count: number, noun: string): string =>
  `${integer(count)} ${noun}${count === 1 ? '' : 's'}`;
