import { reject } from '../../errors.js';

/** Checks an http(s) address, and removes its fragment, which is not sent to the server. */
export function requireAddress(subject: string, address: string | URL): string {
  const url = URL.canParse(String(address)) ? new URL(address) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    reject(subject, 'an http(s) address', String(address));
  }
  url.hash = '';
  return url.href;
}

/** Resolves an address, relative to the page if there is one; undefined for a path in Node. */
export function absolute(address: string | URL): URL | undefined {
  const { document, location } = globalThis as Partial<
    Pick<typeof globalThis, 'document' | 'location'>
  >;
  const around = document?.baseURI ?? location?.href;
  return URL.canParse(String(address), around) ? new URL(address, around) : undefined;
}
