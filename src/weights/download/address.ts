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
