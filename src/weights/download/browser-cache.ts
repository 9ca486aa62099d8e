import type { WeightCache } from './cache.js';

const CACHE = 'resnet-heads';
/** Cache entries are keyed by URL; no such host exists (RFC 6761, 6.4). */
const ENTRIES = 'https://resnet-heads.invalid/';
const VALIDATOR = 'x-validator';
const SHA256 = 'x-sha256';

/**
 * Creates a cache of whole weight files in the browser's Cache API. There is no locking: two tabs that load a file at once both
 * download it.
 *
 * @returns undefined if the Cache API is missing, as on insecure pages
 */
export function browserCache(): WeightCache | undefined {
  const { caches } = globalThis as Partial<Pick<typeof globalThis, 'caches'>>;
  if (caches === undefined) return undefined;
  const done = () => Promise.resolve();
  return {
    async read(key) {
      const response = await (await caches.open(CACHE)).match(ENTRIES + key);
      if (response === undefined) return undefined;
      const validator = response.headers.get(VALIDATOR);
      const sha256 = response.headers.get(SHA256);
      return {
        bytes: new Uint8Array(await response.arrayBuffer()),
        ...(validator === null ? {} : { validator }),
        ...(sha256 === null ? {} : { sha256 }),
      };
    },
    claim: (key) =>
      Promise.resolve({
        partial: () => Promise.resolve(undefined),
        begin: done,
        append: done,
        release: done,
        async commit({ bytes, validator, sha256 }) {
          const headers = new Headers({ 'content-length': String(bytes.length) });
          if (validator !== undefined) headers.set(VALIDATOR, validator);
          if (sha256 !== undefined) headers.set(SHA256, sha256);
          const response = new Response(bytes as Uint8Array<ArrayBuffer>, { headers });
          await (await caches.open(CACHE)).put(ENTRIES + key, response);
        },
      }),
  };
}
