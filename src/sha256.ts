const toHex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** SHA-256 in hexadecimal. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  // Browsers have WebCrypto on secure pages only.
  const { subtle } = globalThis.crypto as Partial<Crypto>;
  if (subtle === undefined) return (await import('hash-wasm')).sha256(bytes);
  return toHex(new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)));
}
