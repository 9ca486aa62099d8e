import { PackageError } from '../errors.js';
import { firstLineOf } from '../printable.js';

/** Whether the package itself is missing, rather than a library that it needs. */
export function isMissing(error: unknown, name: string): boolean {
  const { code, message = '' } = Object(error) as Partial<NodeJS.ErrnoException>;
  return code?.endsWith('MODULE_NOT_FOUND') === true && message.includes(`'${name}'`);
}

/**
 * Loads an optional package.
 *
 * @param begin its `import()`, written at the call site so that bundlers see which package it is
 * @throws PackageError if it isn't installed or doesn't load
 */
export async function loadPackage<T>(
  name: string,
  begin: () => Promise<T>,
  remedy: string,
): Promise<T> {
  try {
    return await begin();
  } catch (cause) {
    const what = isMissing(cause, name)
      ? 'expected it to be installed, got none'
      : `expected it to load, got ${firstLineOf(cause)}`;
    throw new PackageError(`${name}: ${what}; ${remedy}`, { cause });
  }
}
