import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Reason } from './connections.js';
import type { Limits } from './limits.js';

/** Seconds after which a refused client should retry: by then a few pictures have been classified. */
const RETRY_AFTER_S = 1;

/** Refuses a request with an HTTP status and a message for the client. */
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
  new Refusal(503, `service: ${message}; retry in ${RETRY_AFTER_S} s`, {
    'retry-after': String(RETRY_AFTER_S),
  });

export const tooMany = ({ maxAtOnce, maxPerAddress }: Limits): Refusal =>
  later(
    `expected at most ${maxAtOnce} requests at once, ${maxPerAddress} per address, got one more`,
  );

export const tooMuch = ({ maxBytesAtOnce }: Limits): Refusal =>
  later(
    `expected bodies of at most ${maxBytesAtOnce} bytes at once, half of that per address, got more`,
  );

export const tooLate = ({ answerMs }: Limits): Refusal =>
  later(`expected to answer within ${answerMs} ms, got no answer in that time`);

export const ending = (): Refusal => later('expected no new requests while stopping, got one');

/** Why a connection is closed, possibly before there is a request to answer. */
export type Closing = 'late' | Reason | { readonly notHttp: string };

function answerTo(closing: Closing, limits: Limits): readonly [status: number, error: string] {
  const { receiveMs, minBytesPerS, maxConnections, maxPerAddress } = limits;
  switch (closing) {
    case 'late':
      return [
        408,
        `request: expected the whole request within ${receiveMs} ms, got a part; send it faster, or send a smaller picture`,
      ];
    case 'slow':
      return [
        408,
        `request: expected at least ${minBytesPerS} bytes per second, got fewer; send it faster`,
      ];
    case 'crowded':
      return [
        503,
        `service: expected at most ${maxConnections} connections, ${maxPerAddress} per address, got more, and this one was the slowest; retry in ${RETRY_AFTER_S} s`,
      ];
    default:
      return [
        400,
        `request: expected HTTP, got ${closing.notHttp}; send it with curl --data-binary @FILE`,
      ];
  }
}

/** Writes an answer to the socket itself, and closes it. */
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
    // A client may never close its side.
    socket.destroy();
  });
}

/** Closes a connection that isn't HTTP or was too slow. */
export function refuseConnection(
  { code }: NodeJS.ErrnoException,
  socket: Duplex,
  limits: Limits,
): void {
  if (code === 'ECONNRESET') socket.destroy();
  else if (code === 'ERR_HTTP_REQUEST_TIMEOUT') closeConnection(socket, 'late', limits);
  else closeConnection(socket, { notHttp: code ?? 'something else' }, limits);
}
