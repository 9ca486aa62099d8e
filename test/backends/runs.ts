import type { Result } from './conformance/case';

/** The cases on one backend, in one place. */
export interface Run {
  readonly backend: string;
  /** `Node` or `Chromium`. */
  readonly where: string;
  /** Versions and abilities, as far as the backend tells. */
  readonly details: object;
  readonly results: readonly Result[];
  /** What went wrong beside the cases. */
  readonly faults: readonly string[];
}

export type Listener = (result: Result) => void;

/** A line for a case as it ends. */
export function lineOf({ name, ok, maxError, seconds, message }: Result): string {
  const error = maxError === undefined ? '' : `, off by ${maxError.toExponential(1)}`;
  const why = message === undefined ? '' : `\n      ${message}`;
  return `  ${ok ? '✓' : '✗'} ${name} (${seconds.toFixed(1)} s${error})${why}`;
}

export const failuresOf = ({ results, faults }: Run): readonly string[] => [
  ...results.filter(({ ok }) => !ok).map(({ name, message = '' }) => `${name}: ${message}`),
  ...faults,
];
