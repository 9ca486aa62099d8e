import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Limits } from './limits.js';

/** Seconds after which a refused client should ask again: by then the line has moved on by a few pictures. */
const RETRY_AFTER_S = 1;

/** A request that isn't answered by classes: a status, and a sentence for whoever sent it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

const later = (message: string): Refusal =>
  new Refusal(503, `service: ${message}; ask again in ${RETRY_AFTER_S} s`, {
    'retry-after': String(RETRY_AFTER_S),
  });

export const tooMany = ({ maxAtOnce }: Limits): Refusal =>
  later(`expected at most ${maxAtOnce} requests at once, got one more`);

export const tooLate = ({ answerMs }: Limits): Refusal =>
  later(`expected to answer within ${answerMs} ms, got to no answer by then`);

export const ending = (): Refusal => later('expected requests before its end, got one after');

/** Answers on the bare connection what isn't HTTP, or comes too slowly: there is no request to answer. */
export function refuseConnection(
  { code }: NodeJS.ErrnoException,
  socket: Duplex,
  { receiveMs }: Limits,
): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const late = code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const status = late ? 408 : 400;
  const error = late
    ? `request: expected whole within ${receiveMs} ms, got a part; send it faster, or a smaller picture`
    : `request: expected HTTP, got ${code ?? 'something else'}; send it by curl --data-binary @FILE`;
  const body = JSON.stringify({ error });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => {
    // Else it waits for a client that never ends its side.
    socket.destroy();
  });
}
