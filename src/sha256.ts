const toHex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** The SHA-256 of bytes or of a text's UTF-8, in hexadecimal. */
export async function sha256(of: Uint8Array | string): Promise<string> {
  const bytes = typeof of === 'string' ? new TextEncoder().encode(of) : of;
  // Browsers only have WebCrypto on secure pages.
  const { subtle } = globalThis.crypto as Partial<Crypto>;
  if (subtle === undefined) return (await import('hash-wasm')).sha256(bytes);
  return toHex(new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)));
}
