import { WeightsError } from '../errors.js';

/** What a whole file hashes to. */
export interface Integrity {
  /** Keras publishes MD5; nobody should choose it anew. */
  readonly algorithm: 'md5' | 'sha256';
  readonly hex: string;
}

const toHex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** SHA-256 in hexadecimal; nothing where a browser has no WebCrypto, as on pages that aren't secure. */
export async function sha256(bytes: Uint8Array): Promise<string | undefined> {
  const { subtle } = globalThis.crypto as Partial<Crypto>;
  const digest = await subtle?.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return digest && toHex(new Uint8Array(digest));
}

async function md5(bytes: Uint8Array): Promise<string> {
  // WebCrypto has no MD5.
  const { md5: hash } = await import('@noble/hashes/legacy.js');
  return toHex(hash(bytes));
}

/**
 * Checks bytes against what they should hash to.
 *
 * @throws WeightsError where they don't, and where this page can't tell
 */
export async function requireIntegrity(
  source: string,
  bytes: Uint8Array,
  { algorithm, hex }: Integrity,
): Promise<void> {
  const got = await (algorithm === 'md5' ? md5(bytes) : sha256(bytes));
  if (got === undefined) {
    throw new WeightsError(
      `${source}: expected a secure page, on which browsers offer SHA-256, got none; serve it by https`,
    );
  }
  if (got !== hex.toLowerCase()) {
    throw new WeightsError(
      `${source}: expected ${algorithm} ${hex}, got ${got} of ${bytes.byteLength} bytes; ` +
        'the file was damaged on its way, or is another one: try again, or look at what the address gives',
    );
  }
}
