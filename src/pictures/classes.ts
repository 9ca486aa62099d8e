import { ArgumentError, reject, show } from '../errors.js';

/** Names of classes as folders have them: by UTF-16 code units, so that labels are the same under every locale. */
export const sortedClasses = (labels: Iterable<string>): string[] => [...new Set(labels)].sort();

/** @throws ArgumentError where they aren't two names or more, each once */
export function requireClasses(classes: unknown): asserts classes is readonly string[] {
  const isNames = Array.isArray(classes) && classes.every((name) => typeof name === 'string');
  if (!isNames || classes.length < 2 || new Set(classes).size < classes.length) {
    reject('classes', 'two or more names, each once', classes);
  }
}

/** Classes of labels: those that were named, which have to hold them all, or those that occur. */
export function classesOf(labels: readonly string[], named: readonly string[] | undefined) {
  const found = sortedClasses(labels);
  if (named !== undefined) {
    requireClasses(named);
    const unknown = found.find((label) => !named.includes(label));
    if (unknown !== undefined) reject('label', `one of ${show(named)}`, unknown);
    return named;
  }
  if (found.length < 2) {
    reject('pictures', 'pictures of two or more classes', found, 'add pictures of another class');
  }
  return found;
}

/** @throws ArgumentError where a class has no label: nothing can be learnt of it */
export function requireEachClass(labels: readonly string[], classes: readonly string[]): void {
  const found = new Set(labels);
  const empty = classes.find((name) => !found.has(name));
  if (empty === undefined) return;
  throw new ArgumentError(
    `pictures: expected pictures of each class, got none of ${show(empty)}; add some, or leave the class out`,
  );
}
