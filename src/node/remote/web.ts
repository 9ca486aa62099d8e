import { lengthOf, PassingFailure, validatorOf } from '../../weights/download/arrival.js';
import { lost, PASSING_STATUS } from '../../weights/download/transfer.js';
import { NetworkError, RefusedError } from './network-error.js';
import type { Opened, Piece } from './piece.js';

/** Forbidden, not found, gone: of this file; what else a server refuses, it may refuse for all. */
const REFUSED = new Set([403, 404, 410]);

/** Opens a web address to read it from a byte on. */
export async function openWeb(
  address: string,
  { from, validator }: Piece,
  signal: AbortSignal,
): Promise<Opened> {
  // Without it Node would accept gzip, whose ranges are not ranges of the file.
  const headers = new Headers({ 'accept-encoding': 'identity' });
  if (from > 0 && validator !== undefined) {
    headers.set('range', `bytes=${from}-`);
    headers.set('if-range', validator);
  }
  const response = await fetch(address, { headers, signal }).catch((cause: unknown) => {
    throw new PassingFailure(lost(cause), { cause });
  });
  const { status, ok, body } = response;
  if (PASSING_STATUS.has(status)) throw new PassingFailure(`status ${status}`);
  if (REFUSED.has(status)) throw new RefusedError(address, `status ${status}`);
  if (!ok) {
    throw new NetworkError(
      `${address}: expected a file, got status ${status}; check the address, and whether the server asks for a password`,
    );
  }
  const rest = lengthOf(response.headers);
  const found = { validator: validatorOf(response.headers), body: body ?? [] };
  if (status !== 206) return { ...found, from: 0, total: rest };
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  const begin = Number(range?.[1] ?? from);
  return { ...found, from: begin, total: rest === undefined ? undefined : begin + rest };
}
