import { printable } from './printable.js';

/**
 * A wrong argument: the message names the subject, what was expected, what came, and what to do.
 *
 * Recognise it by `error.name === 'ArgumentError'`; `instanceof` fails where a process holds both
 * the ESM and the CommonJS build of this package.
 */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/** A package that is asked for only when it is needed, and isn't there or doesn't load. */
export class PackageError extends Error {
  override readonly name = 'PackageError';
}

/** A picture that can't be had: its file is missing, cut short, too large or of another kind. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
}

/** Throws an {@link ArgumentError} that reads `subject: expected …, got …; remedy`. */
export function reject(subject: string, expected: string, got: unknown, remedy?: string): never {
  const advice = remedy === undefined ? '' : `; ${remedy}`;
  throw new ArgumentError(`${subject}: expected ${expected}, got ${show(got)}${advice}`);
}

/**
 * A value that can't be absent, such as an entry of a list within its length: fails at once where it is, in place of going
 * on with a zero. Its absence is a defect of this package, so the error is no {@link ArgumentError}.
 */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what}: expected a value, got none`);
  return value;
}

/** Of a list, shown in an error: the shape of a tensor fits, and what is wrong with a list of thousands is told by its beginning. */
const MAX_SHOWN = 32;
/** Lists in lists: a list of shapes. */
const MAX_DEPTH = 3;

/** Refuses options that are there and can't be honoured. */
export function refuseOptions(options: object, why: string, allowed: readonly string[] = []): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (value !== undefined && !allowed.includes(name)) reject(name, `none ${why}`, value);
  }
}

/** A value as an error message shows it: `"pooled"`, `[224, 224, 3]`, `undefined`, `a function`. */
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

/** Values as a sentence lists them: `"cat", "dog" and "bird"`, or with `most`, `"cat", "dog" and 7 more`. */
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

/** Options come from JavaScript callers too: `null`, a string or a number in their place is caught here. */
export function requireOptions(subject: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    reject(subject, 'an options object', value);
  }
}

/** The names of options: the compiler refuses a list that lacks one of `T`'s, or that has another. */
export type Names<T> = Readonly<Record<keyof T, true>>;

/** An option that nobody knows can't be honoured: one that is misspelt is refused, not left aside. */
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
 * The class of each image, counted from 0. JavaScript callers and files can hold anything: a tensor, fractions, classes
 * that the model doesn't have.
 *
 * @param images how many there are; open where that isn't known
 * @param classes how many there are; open where that isn't known
 */
export function requireLabels(
  subject: string,
  value: unknown,
  { images, classes = Infinity }: { readonly images?: number; readonly classes?: number } = {},
): asserts value is ArrayLike<number> {
  if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && 'length' in value)) {
    reject(subject, 'an array of class indices', value, 'of a tensor, pass [...tensor.dataSync()]');
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

/** The shape of an image or a feature map, without the batch dimension. */
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
