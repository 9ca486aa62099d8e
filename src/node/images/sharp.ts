import type sharp from 'sharp';
import { PackageError } from '../../errors.js';

let library: Promise<typeof sharp> | undefined;

/**
 * Loads sharp on first use, configured for decoding many pictures.
 *
 * @throws PackageError if it isn't installed
 */
export const loadSharp = (): Promise<typeof sharp> => (library ??= load());

async function load(): Promise<typeof sharp> {
  let loaded: { readonly default: typeof sharp };
  try {
    loaded = await import('sharp');
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const got = code.endsWith('MODULE_NOT_FOUND') ? 'no such package' : message;
    throw new PackageError(`sharp: expected it to be installed, got ${got}; npm install sharp`, {
      cause,
    });
  }
  // No picture is decoded twice in a row, and many are decoded at once: libvips's cache and threads would only cost
  // memory. sharp has these settings only for the whole process.
  loaded.default.cache(false);
  loaded.default.concurrency(1);
  return loaded.default;
}
