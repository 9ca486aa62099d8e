import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Reason } from './connections.js';
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

export const tooMany = ({ maxAtOnce, maxPerAddress }: Limits): Refusal =>
  later(
    `expected at most ${maxAtOnce} requests at once, ${maxPerAddress} of one address, got one more`,
  );

export const tooMuch = ({ maxBytesAtOnce }: Limits): Refusal =>
  later(
    `expected bodies of at most ${maxBytesAtOnce} bytes at once, half of them of one address, got more`,
  );

export const tooLate = ({ answerMs }: Limits): Refusal =>
  later(`expected to answer within ${answerMs} ms, got to no answer by then`);

export const ending = (): Refusal => later('expected requests before its end, got one after');

/** What is said to a connection that is closed: there may be no request yet to answer. */
export type Closing = 'late' | Reason | { readonly notHttp: string };

function answerTo(closing: Closing, limits: Limits): readonly [status: number, error: string] {
  const { receiveMs, minBytesPerS, maxConnections, maxPerAddress } = limits;
  switch (closing) {
    case 'late':
      return [
        408,
        `request: expected whole within ${receiveMs} ms, got a part; send it faster, or a smaller picture`,
      ];
    case 'slow':
      return [
        408,
        `request: expected at least ${minBytesPerS} bytes a second, got fewer; send it faster`,
      ];
    case 'crowded':
      return [
        503,
        `service: expected at most ${maxConnections} connections, ${maxPerAddress} of one address, got one more, and this was the slowest; ask again in ${RETRY_AFTER_S} s`,
      ];
    default:
      return [
        400,
        `request: expected HTTP, got ${closing.notHttp}; send it by curl --data-binary @FILE`,
      ];
  }
}

/** Answers on the bare connection, and ends it. */
export function closeConnection(socket: Duplex, closing: Closing, limits: Limits): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const [status, error] = answerTo(closing, limits);
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

/** What isn't HTTP, or didn't arrive in time. */
export function refuseConnection(
  { code }: NodeJS.ErrnoException,
  socket: Duplex,
  limits: Limits,
): void {
  if (code === 'ECONNRESET') socket.destroy();
  else if (code === 'ERR_HTTP_REQUEST_TIMEOUT') closeConnection(socket, 'late', limits);
  else closeConnection(socket, { notHttp: code ?? 'something else' }, limits);
}
