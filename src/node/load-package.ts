import { PackageError } from '../errors.js';

/** Whether the package itself is missing, rather than a library that it needs. */
export function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
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
    const [line = ''] = (cause as Error).message.split('\n');
    const got = isMissing(cause, name) ? 'none' : line.trim();
    throw new PackageError(`${name}: expected it to be installed, got ${got}; ${remedy}`, {
      cause,
    });
  }
}
