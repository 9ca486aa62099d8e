import { PictureError } from '../../errors.js';
import { RefusedError } from './network-error.js';
import { readAddress } from './stream.js';

/**
 * Reads a picture at an address.
 *
 * @throws PictureError if it isn't there, may not be read or is too large; NetworkError if its host fails, as all of its pictures
 *   would be skipped
 */
export async function readPicture(
  address: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const told = (got: string, options?: ErrorOptions) =>
    new PictureError(`${address}: expected a picture that can be decoded, got ${got}`, options);
  const tooLarge = () => told(`over ${maxBytes} bytes; save it with at most ${maxBytes}`);
  try {
    return await readAddress(address, maxBytes, tooLarge, { signal });
  } catch (cause) {
    if (!(cause instanceof RefusedError)) throw cause;
    throw told(`${cause.reason}; check its address and permissions`, { cause });
  }
}
