import { reject, requireOneOf, requireOptions } from '../../errors.js';
import { sha256 } from '../../sha256.js';
import { WeightsError } from '../errors.js';

/** What a whole file hashes to. */
export interface Integrity {
  /** Keras publishes MD5; nobody should choose it anew. */
  readonly algorithm: 'md5' | 'sha256';
  readonly hex: string;
}

const HEX_DIGITS = { md5: 32, sha256: 64 } as const;

/** Whether this can be a hash at all. */
export function requireHash(integrity: Integrity): void {
  requireOptions('integrity', integrity);
  const { algorithm, hex } = integrity;
  requireOneOf('integrity.algorithm', algorithm, ['md5', 'sha256']);
  const digits = HEX_DIGITS[algorithm];
  if (typeof hex !== 'string' || !/^[\da-f]*$/i.test(hex) || hex.length !== digits) {
    reject('integrity.hex', `${digits} hexadecimal digits`, hex);
  }
}

/** MD5 in hexadecimal, which WebCrypto has nowhere. */
export async function md5(bytes: Uint8Array): Promise<string> {
  return (await import('hash-wasm')).md5(bytes);
}

/**
 * Checks bytes against what they should hash to.
 *
 * @param known their SHA-256, where somebody has computed it
 * @throws WeightsError where they don't
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
        'the file was damaged on its way, or is another one: try again, or look at what the address gives',
    );
  }
}
