import type { Socket } from 'node:net';

/** The prefix of an IPv4 address mapped into IPv6, as on a server that listens on both. */
const MAPPED = /^::ffff:(?=\d+\.)/i;

/** Groups of an IPv6 address that identify a client's network, a /64 (RFC 6177). */
const NETWORK_GROUPS = 4;

/** The client of a connection: its IPv4 address, or the network of its IPv6 address. */
export function addressOf({ remoteAddress = '' }: Socket): string {
  const address = remoteAddress.replace(MAPPED, '');
  if (!address.includes(':')) return address;
  const [head = '', tail = ''] = address.split('::');
  const groups = [head, tail].map((part) => (part === '' ? [] : part.split(':')));
  const [before = [], after = []] = groups;
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return [...before, ...zeros, ...after].slice(0, NETWORK_GROUPS).join(':');
}
