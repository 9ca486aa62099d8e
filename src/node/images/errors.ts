/**
 * A file that should hold a picture and can't be decoded: the message begins with its path and says what
 * was expected, what came, and what to do.
 *
 * Recognise it by `error.name === 'ImageError'`, as `ArgumentError`.
 */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}
