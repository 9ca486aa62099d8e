import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressOf } from './address.js';
import type { Limits } from './limits.js';

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  /** Start of the current request, and the connection's bytes read before it. */
  since: number;
  bytesBefore: number;
  /** Requests that have arrived and are not yet answered. */
  unanswered: number;
  /** Whether an earlier request was answered. */
  isKnown: boolean;
}

/** Why a connection is closed. */
export type Reason = 'slow' | 'crowded';

/**
 * Milliseconds that more connections than allowed can stay open: enough for a normal request to arrive, but not for one that
 * is sent slowly on purpose.
 */
const TRIM_AFTER_MS = 100;

/**
 * The open connections. If there are too many, those furthest behind the minimum speed are closed, not the newest: slow
 * clients make room for others, even at the same address. Connections that wait for an answer stay open.
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
      // After reading the data that arrived while a picture was being classified.
      setImmediate(() => {
        this.#isTrimming = false;
        this.#trim();
      });
    }, TRIM_AFTER_MS).unref();
  }

  /** Registers a request, once its headers have arrived. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#all.get(request.socket);
    if (connection === undefined) return;
    let [arrived, over] = [false, false];
    request.once('end', () => {
      // A refused request can be answered before it has arrived.
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

  /** Closes connections that are too slow; call it regularly. */
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

  /** Closes the slowest of some connections, so that `count` are left. */
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

  /** Bytes that are missing at the minimum speed; −Infinity for connections that are idle or wait for an answer. */
  #lag(connection: Connection, now: number): number {
    const { socket, since, bytesBefore, unanswered } = connection;
    if (unanswered > 0 || isIdle(connection)) return -Infinity;
    const due = ((now - since) / 1_000) * this.limits.minBytesPerS;
    return due - (socket.bytesRead - bytesBefore);
  }
}

/** Whether a connection is only kept open for another request. */
const isIdle = ({ isKnown, unanswered, socket, bytesBefore }: Connection): boolean =>
  isKnown && unanswered === 0 && socket.bytesRead === bytesBefore;
