const oneDigit = /* @__PURE__ */ new Intl.NumberFormat('en-US', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** A share as `81.0%`: as many digits each time, so that a column of them is read at a glance. */
export const percent = (part: number): string => oneDigit.format(part);
export const percentOrDash = (part: number | null): string => (part === null ? '—' : percent(part));
