import { ArgumentError, reject, show } from '../../errors.js';

/** Separates the labels of a picture in a text. NIH's chest X-rays, MovieLens and others use it, too. */
export const SEPARATOR = '|';

/** Where a label stands, for errors. */
export interface LabelPlace {
  readonly file: string;
  /** `in line 3` or `for a.png`. */
  readonly at: string;
  /** What has one label if there is no option for several. @default 'row' */
  readonly unit?: string;
}

function refuse({ file, at }: LabelPlace, expected: string, label: string, remedy: string): never {
  throw new ArgumentError(`${file}: expected ${expected}, got ${show(label)} ${at}; ${remedy}`);
}

/**
 * The class names of a label.
 *
 * @throws ArgumentError if one of several names is empty
 */
export function namesIn(label: string, multiLabel: boolean, place: LabelPlace): readonly string[] {
  if (!multiLabel) return [label];
  if (label === '') return [];
  const names = label.split(SEPARATOR);
  if (names.every((name) => name.trim() !== '')) return names;
  return refuse(place, 'a name before and after each |', label, 'fill it in');
}

/** {@link namesIn}, of a label that a person wrote, perhaps with spaces around names. */
export const namesInText = (...args: Parameters<typeof namesIn>): readonly string[] =>
  namesIn(...args).map((name) => name.trim());

/** @throws ArgumentError if a label looks like several */
export function requireOneLabel(label: string, place: LabelPlace, remedy: string): void {
  if (!label.includes(SEPARATOR)) return;
  refuse(place, `one label in each ${place.unit ?? 'row'}`, label, remedy);
}

/**
 * A label as files of features keep it; null if there is none.
 *
 * @throws ArgumentError as those that training reads
 */
export function labelOf(text: string, multiLabel: boolean, place: LabelPlace): string | null {
  if (multiLabel) return namesInText(text, true, place).join(SEPARATOR);
  requireOneLabel(text, place, 'pass --multi-label, or rename the class');
  return text === '' ? null : text;
}

/** @throws ArgumentError if a name can't be one of several in a text */
export function requireSeparable(subject: string, names: readonly string[], remedy: string): void {
  const wrong = names.find((name) => name.includes(SEPARATOR));
  if (wrong !== undefined) reject(subject, `class names without ${SEPARATOR}`, wrong, remedy);
}
