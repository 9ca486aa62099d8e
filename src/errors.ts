import { printable } from './printable.js';

/**
 * A wrong argument. The message names the argument, what was expected, what was passed and, often, what to do.
 *
 * Check for it by `error.name === 'ArgumentError'`: `instanceof` fails if a process has loaded both the ESM and the CommonJS
 * build of this package.
 */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/** An optional package is needed and is not installed, or doesn't load. */
export class PackageError extends Error {
  override readonly name = 'PackageError';
}

/** A picture can't be decoded: its file is missing, truncated, too large or not a picture. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
}

/** Throws an {@link ArgumentError} that reads `subject: expected …, got …; remedy`. */
export function reject(subject: string, expected: string, got: unknown, remedy?: string): never {
  const advice = remedy === undefined ? '' : `; ${remedy}`;
  throw new ArgumentError(`${subject}: expected ${expected}, got ${show(got)}${advice}`);
}

/**
 * Returns a value that can't be absent, such as an entry of a list within its length. If it is, that is a bug in this
 * package, so the error is not an {@link ArgumentError}.
 */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what}: expected a value, got none`);
  return value;
}

/** Values of a list that an error shows: enough for any tensor's shape. */
const MAX_SHOWN = 32;
/** Nesting of lists that an error shows: enough for a list of shapes. */
const MAX_DEPTH = 3;

/** Throws if an option is given that has no effect. */
export function refuseOptions(options: object, why: string, allowed: readonly string[] = []): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (value !== undefined && !allowed.includes(name)) reject(name, `none ${why}`, value);
  }
}

/** Formats a value for an error message: `"pooled"`, `[224, 224, 3]`, `undefined`, `a function`. */
export function show(value: unknown, depth = 0): string {
  if (Array.isArray(value)) {
    if (depth === MAX_DEPTH) return 'a list';
    const shown = value.slice(0, MAX_SHOWN).map((each) => show(each, depth + 1));
    if (value.length > MAX_SHOWN) shown.push(`… ${value.length - MAX_SHOWN} more`);
    return `[${shown.join(', ')}]`;
  }
  if (typeof value === 'string') return printable(JSON.stringify(value));
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/** Lists values in a sentence: `"cat", "dog" and "bird"`, or with `most`, `"cat", "dog" and 7 more`. */
export function showList(values: readonly unknown[], most = values.length): string {
  const shown = values.slice(0, most).map(show);
  const more = values.length - shown.length;
  const last = more > 0 ? `${more} more` : shown.pop();
  return shown.length === 0 ? (last ?? 'none') : `${shown.join(', ')} and ${last ?? ''}`;
}

export function requirePositiveInteger(subject: string, value: unknown): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    reject(subject, 'a positive integer', value);
  }
}

export function requirePositiveNumber(subject: string, value: unknown): asserts value is number {
  if (typeof value !== 'number' || !(value > 0 && value < Infinity)) {
    reject(subject, 'a positive number', value);
  }
}

export function requireOneOf<T extends string | number>(
  subject: string,
  value: unknown,
  allowed: readonly T[],
): asserts value is T {
  if (!(allowed as readonly unknown[]).includes(value)) {
    reject(subject, `one of ${allowed.map((each) => show(each)).join(', ')}`, value);
  }
}

/** Throws unless the options are an object: JavaScript callers can pass `null`, a string or a number. */
export function requireOptions(subject: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    reject(subject, 'an options object', value);
  }
}

/** The names of all options of `T`: the compiler checks that the list is complete and has no others. */
export type Names<T> = Readonly<Record<keyof T, true>>;

/** Throws on an unknown option, such as a misspelt one. */
export function requireKnown<T extends object>(
  subject: string,
  options: T,
  names: NoInfer<Names<T>>,
): void {
  requireOptions(subject, options);
  const known = Object.keys(names);
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (value === undefined || known.includes(name)) continue;
    const near = known.find((each) => isPrefix(each, name) || isPrefix(name, each));
    reject(subject, known.join(', '), name, near && `did you mean "${near}"?`);
  }
}

const isPrefix = (prefix: string, name: string): boolean =>
  prefix !== '' && name.toLowerCase().startsWith(prefix.toLowerCase());

/**
 * Throws unless the value is a list of class indices, counted from 0. JavaScript callers and files can contain anything: a
 * tensor, fractions, classes that the model doesn't have.
 *
 * @param images number of images, if known
 * @param classes number of classes, if known
 */
export function requireLabels(
  subject: string,
  value: unknown,
  { images, classes = Infinity }: { readonly images?: number; readonly classes?: number } = {},
): asserts value is ArrayLike<number> {
  if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && 'length' in value)) {
    reject(
      subject,
      'an array of class indices',
      value,
      'for a tensor, pass [...tensor.dataSync()]',
    );
  }
  const labels = value as ArrayLike<unknown>;
  if (images !== undefined && labels.length !== images) {
    reject(subject, `a class for each of ${images} images`, labels.length);
  }
  const isLabel = (label: unknown) =>
    Number.isSafeInteger(label) && (label as number) >= 0 && (label as number) < classes;
  for (let i = 0; i < labels.length; i++) {
    if (isLabel(labels[i])) continue;
    const range = classes === Infinity ? 'of 0 or more' : `from 0 to ${classes - 1}`;
    reject(`${subject}[${i}]`, `a class index ${range}`, labels[i]);
  }
}

/** Throws unless the value is the shape of an image or a feature map, without the batch dimension. */
export function requireMapShape(
  subject: string,
  value: unknown,
): asserts value is readonly [number, number, number] {
  if (!Array.isArray(value) || value.length !== 3) {
    reject(subject, '[height, width, channels]', value, 'leave the batch size out');
  }
  if (!value.every((size) => Number.isSafeInteger(size) && size > 0)) {
    reject(subject, 'three positive integers [height, width, channels]', value);
  }
}
