import type { WeightCache } from './cache.js';

const CACHE = 'resnet-heads';
/** Entries are requests; no host of this name exists (RFC 6761, 6.4). */
const ENTRIES = 'https://resnet-heads.invalid/';
const VALIDATOR = 'x-validator';
const SHA256 = 'x-sha256';

/**
 * A cache of weight files in the browser's Cache API, for whole files; nothing where a browser has none, as
 * on pages that aren't secure.
 *
 * Nobody waits for another: two tabs that want a file at once both fetch it.
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
