import { reject } from '../../errors.js';

/** An http(s) address without its fragment, which is no part of what is asked for. */
export function requireAddress(subject: string, address: string | URL): string {
  const url = URL.canParse(String(address)) ? new URL(address) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    reject(subject, 'an http(s) address', String(address));
  }
  url.hash = '';
  return url.href;
}

/** An address as it is, or relative to the page; nothing where it is neither, as a path in Node. */
export function absolute(address: string | URL): URL | undefined {
  const { document, location } = globalThis as Partial<
    Pick<typeof globalThis, 'document' | 'location'>
  >;
  const around = document?.baseURI ?? location?.href;
  return URL.canParse(String(address), around) ? new URL(address, around) : undefined;
}
