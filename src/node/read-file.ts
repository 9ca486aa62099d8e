import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytesOf } from '../bytes.js';
import { reject } from '../errors.js';
import { MAX_BYTES } from '../weights/download/arrival.js';
import { WeightsError } from '../weights/errors.js';
import type { HashedFile } from '../weights/surroundings.js';
import { hashedBytes } from './hashed-bytes.js';

/** Reads a file's bytes; throws the file system's errors. */
export async function fileBytes(path: string | URL): Promise<Uint8Array> {
  return bytesOf(await readFile(path));
}

/**
 * Reads a weight file's bytes and their hash; see {@link readBytes}.
 *
 * @param beside the name of a file in the same folder, to read instead
 */
export async function readWeightFile(source: string | URL, beside?: string): Promise<HashedFile> {
  if (beside !== undefined) {
    const folder = dirname(
      String(source).startsWith('file:') ? fileURLToPath(source) : String(source),
    );
    const path = join(folder, beside);
    return readBy(hashedBytes, path, 'the files that the index lists, beside it');
  }
  return readBy(
    hashedBytes,
    source,
    '"imagenet", a name of pretrainedWeights(), an http(s) URL, or the path of a file',
  );
}

/**
 * Reads a file's bytes.
 *
 * @param source a path, or a `file:` URL, also as a string
 * @param expected what the error message says was expected
 * @throws ArgumentError if there is no such file, WeightsError if it can't be read
 */
export async function readBytes(source: string | URL, expected: string): Promise<Uint8Array> {
  return readBy(fileBytes, source, expected);
}

async function readBy<T>(
  read: (path: string | URL) => Promise<T>,
  source: string | URL,
  expected: string,
): Promise<T> {
  const path = String(source).startsWith('file:') ? new URL(source) : source;
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) reject('source', expected, String(source), 'this is a folder');
    if (facts.size > MAX_BYTES) {
      throw new WeightsError(
        `${String(source)}: expected at most ${MAX_BYTES} bytes, got ${facts.size}; check that it is a model's file`,
      );
    }
    return await read(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (['ENOENT', 'ENOTDIR', 'ERR_INVALID_URL_SCHEME'].includes(code)) {
      reject('source', expected, String(source), 'there is no such file');
    }
    throw new WeightsError(
      `${String(source)}: expected a file that can be read, got ${message}; check its permissions`,
      { cause: error },
    );
  }
}
