import { PictureError } from '../../errors.js';
import { MAX_PIXELS } from './cost.js';

/** @throws PictureError */
export function fail(path: string, gotAndRemedy: string, cause?: unknown): never {
  throw new PictureError(
    `${path}: expected a picture that can be decoded, got ${gotAndRemedy}`,
    cause === undefined ? {} : { cause },
  );
}

/** What is wrong with one file. Other failures, such as those of a disk or of a network drive, may pass: skipping pictures would lose them. */
const OF_FILE = [
  'EACCES',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTDIR',
  'ENXIO',
  'EPERM',
];

/** Reading failed for a reason that isn't the picture's. */
export class ReadError extends Error {
  override readonly name = 'ReadError';
}

/** Throws an error that says what is wrong with a file. */
export function explainFailure(path: string, error: unknown): never {
  if (error instanceof PictureError) throw error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return fail(path, 'no such file; check its path', error);
  if (code !== undefined && !OF_FILE.includes(code)) {
    throw new ReadError(
      `${path}: expected a file that can be read, got "${message}"; run the same command again`,
      { cause: error },
    );
  }
  // libvips gives one line per problem.
  const reason = message.trim().split('\n').at(-1) ?? message;
  const remedy = reason.includes('pixel limit')
    ? `save it with at most ${MAX_PIXELS} pixels`
    : code === undefined
      ? 'the file is damaged or truncated: download it again, or remove it'
      : 'check its permissions';
  return fail(path, `"${reason}"; ${remedy}`, error);
}
