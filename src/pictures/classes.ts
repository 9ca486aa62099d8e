import { ArgumentError, reject, show } from '../errors.js';

/** What to do about several labels where one is expected. */
export const MULTI_LABEL =
  'multiLabel: true allows several labels, in trainClassifier and extractFeatures';

/** Unique class names, sorted by UTF-16 code units so that labels are the same in every locale. */
export const sortedClasses = (labels: Iterable<string>): string[] => [...new Set(labels)].sort();

/** @throws ArgumentError unless they are two or more unique names */
export function requireClasses(classes: unknown): asserts classes is readonly string[] {
  const isNames = Array.isArray(classes) && classes.every((name) => typeof name === 'string');
  if (!isNames || classes.length < 2 || new Set(classes).size < classes.length) {
    reject('classes', 'two or more unique names', classes);
  }
}

/**
 * The classes of labels: the given names, which must include every label, or the labels that occur.
 *
 * @param least how many there must be
 */
export function classesOf(
  labels: readonly string[],
  named: readonly string[] | undefined,
  least = 2,
) {
  const found = sortedClasses(labels);
  if (named !== undefined) {
    requireClasses(named);
    const unknown = found.find((label) => !named.includes(label));
    if (unknown !== undefined) reject('label', `one of ${show(named)}`, unknown);
    return named;
  }
  if (found.length < least) {
    reject('pictures', 'pictures of two or more classes', found, 'add pictures of another class');
  }
  return found;
}

/** @throws ArgumentError if a class has no picture */
export function requireEachClass(labels: readonly string[], classes: readonly string[]): void {
  const found = new Set(labels);
  const empty = classes.find((name) => !found.has(name));
  if (empty === undefined) return;
  throw new ArgumentError(
    `pictures: expected pictures of each class, got none of ${show(empty)}; add some, or remove the class`,
  );
}
