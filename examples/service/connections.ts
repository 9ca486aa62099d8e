import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressOf } from './address.js';
import type { Limits } from './limits.js';

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  /** When what it now sends began, and its bytes until then. */
  since: number;
  bytesBefore: number;
  /** Requests that have arrived, and aren't answered yet. */
  unanswered: number;
  /** Whether it was answered before. */
  isKnown: boolean;
}

/** Why a connection is closed. */
export type Reason = 'slow' | 'crowded';

/**
 * How long more connections may be open than allowed. Requests that came at once have arrived by then, and those that
 * drip have not.
 */
const TRIM_AFTER_MS = 100;

/**
 * Who is connected. Where there are too many, those go that lag most behind the least speed, not those that come last:
 * clients that drip make room for others, even at the same address. Nobody goes who waits for an answer.
 */
export class Connections {
  readonly #all = new Map<Socket, Connection>();
  #isTrimming = false;

  constructor(
    private readonly limits: Limits,
    private readonly close: (socket: Socket, reason: Reason) => void,
  ) {}

  add(socket: Socket): void {
    const address = addressOf(socket);
    const since = performance.now();
    this.#all.set(socket, {
      ...{ socket, address, since },
      ...{ bytesBefore: 0, unanswered: 0, isKnown: false },
    });
    socket.once('close', () => this.#all.delete(socket));
    if (this.#isTrimming) return;
    this.#isTrimming = true;
    setTimeout(() => {
      // After what has come meanwhile is read: computing a picture may have held that up.
      setImmediate(() => {
        this.#isTrimming = false;
        this.#trim();
      });
    }, TRIM_AFTER_MS).unref();
  }

  /** Learns of a request when its headers are there. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#all.get(request.socket);
    if (connection === undefined) return;
    let [arrived, over] = [false, false];
    request.once('end', () => {
      // One that is refused beforehand is answered before it ends.
      if (over) return;
      arrived = true;
      connection.unanswered += 1;
    });
    response.once('close', () => {
      over = true;
      if (arrived) connection.unanswered -= 1;
      connection.isKnown = true;
      connection.since = performance.now();
      connection.bytesBefore = connection.socket.bytesRead;
    });
  }

  /** Closes connections that lag too far behind; to be called now and then. */
  check(): void {
    const { minBytesPerS, graceMs } = this.limits;
    const now = performance.now();
    for (const connection of this.#all.values()) {
      if (isIdle(connection)) connection.since = now;
      const lag = this.#lag(connection, now);
      if (lag > (minBytesPerS * graceMs) / 1_000) this.#end(connection, 'slow');
    }
  }

  #trim(): void {
    const { maxConnections, maxPerAddress } = this.limits;
    const byAddress = new Map<string, Connection[]>();
    for (const connection of this.#all.values()) {
      const own = byAddress.get(connection.address);
      if (own === undefined) byAddress.set(connection.address, [connection]);
      else own.push(connection);
    }
    for (const own of byAddress.values()) this.#leave(own, maxPerAddress);
    this.#leave([...this.#all.values()], maxConnections);
  }

  /** Leaves so many of some connections, the fastest. */
  #leave(connections: readonly Connection[], count: number): void {
    if (connections.length <= count) return;
    const now = performance.now();
    const slowestFirst = connections
      .filter(({ unanswered }) => unanswered === 0)
      .map((connection) => ({ connection, lag: this.#lag(connection, now) }))
      .sort((a, b) => b.lag - a.lag);
    for (const { connection } of slowestFirst.slice(0, connections.length - count)) {
      this.#end(connection, 'crowded');
    }
  }

  #end({ socket }: Connection, reason: Reason): void {
    this.#all.delete(socket);
    this.close(socket, reason);
  }

  /** Bytes that should be here and aren't; nothing is due of those that wait for an answer or have had one. */
  #lag(connection: Connection, now: number): number {
    const { socket, since, bytesBefore, unanswered } = connection;
    if (unanswered > 0 || isIdle(connection)) return -Infinity;
    const due = ((now - since) / 1_000) * this.limits.minBytesPerS;
    return due - (socket.bytesRead - bytesBefore);
  }
}

/** Kept open after an answer, in case there is another request. */
const isIdle = ({ isKnown, unanswered, socket, bytesBefore }: Connection): boolean =>
  isKnown && unanswered === 0 && socket.bytesRead === bytesBefore;
