import { reject, requireOneOf, requireOptions } from '../../errors.js';
import { sha256 } from '../../sha256.js';
import { WeightsError } from '../errors.js';

/** The hash of a whole file. */
export interface Integrity {
  /** Use `'sha256'`; `'md5'` is for files for which Keras publishes MD5 only. */
  readonly algorithm: 'md5' | 'sha256';
  readonly hex: string;
}

const HEX_DIGITS = { md5: 32, sha256: 64 } as const;

/** Checks that the value is a valid hash. */
export function requireHash(integrity: Integrity): void {
  requireOptions('integrity', integrity);
  const { algorithm, hex } = integrity;
  requireOneOf('integrity.algorithm', algorithm, ['md5', 'sha256']);
  const digits = HEX_DIGITS[algorithm];
  if (typeof hex !== 'string' || !/^[\da-f]*$/i.test(hex) || hex.length !== digits) {
    reject('integrity.hex', `${digits} hexadecimal digits`, hex);
  }
}

/** MD5 in hexadecimal, which WebCrypto lacks. */
export async function md5(bytes: Uint8Array): Promise<string> {
  return (await import('hash-wasm')).md5(bytes);
}

/**
 * Checks that bytes have the expected hash.
 *
 * @param known their SHA-256, if it has been computed already
 * @throws WeightsError if they don't
 */
export async function requireIntegrity(
  source: string,
  bytes: Uint8Array,
  { algorithm, hex }: Integrity,
  known?: string,
): Promise<void> {
  const got = algorithm === 'md5' ? await md5(bytes) : (known ?? (await sha256(bytes)));
  if (got !== hex.toLowerCase()) {
    throw new WeightsError(
      `${source}: expected ${algorithm} ${hex}, got ${got} of ${bytes.byteLength} bytes; ` +
        'the file is corrupt or a different one: try again, or open the address in a browser',
    );
  }
}
