import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A host of weights on this machine that answers its requests one handler after the other. */
export interface WeightServer {
  readonly url: string;
  /** The `range` header of each request so far, or 'all'. */
  readonly asked: string[];
  /** Bytes of bodies sent so far. */
  sent: number;
  /** How to answer from here on; the last one stays. */
  answer(...handlers: Handler[]): void;
  close(): Promise<void>;
}

export async function weightServer(): Promise<WeightServer> {
  let handlers: Handler[] = [];
  const server = createServer((request, response) => {
    host.asked.push(request.headers.range ?? 'all');
    const write = response.write.bind(response) as (chunk: Uint8Array) => boolean;
    response.write = ((chunk: Uint8Array) => {
      host.sent += chunk.length;
      return write(chunk);
    }) as typeof response.write;
    const handler = handlers.length > 1 ? handlers.shift() : handlers[0];
    handler?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host: WeightServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights.safetensors`,
    asked: [],
    sent: 0,
    answer: (...next) => {
      handlers = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
  return host;
}

/** A connection that breaks takes with it what its reader hasn't taken: time enough to take it, under load. */
const READING_MS = 100;

export interface FileOptions {
  /** Breaks the connection after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Falls silent after so many bytes of the body. */
  readonly stallAfter?: number;
  /** Sends a tenth of the body every so many milliseconds. */
  readonly pace?: number;
  /** @default '"1"'; null sends none */
  readonly etag?: string | null;
  readonly lastModified?: string;
  /** @default true */
  readonly ranges?: boolean;
  /** @default true; else the end of the body is all that tells its length */
  readonly length?: boolean;
  /** Headers that a browser hides from pages of other origins. */
  readonly hidden?: readonly string[];
}

function headersOf(bytes: Uint8Array, from: number | undefined, options: FileOptions) {
  const { etag = '"1"', lastModified, length = true, hidden = [] } = options;
  const headers: Record<string, string> = {};
  if (length) headers['content-length'] = String(bytes.length - (from ?? 0));
  if (etag !== null) headers['etag'] = etag;
  if (lastModified !== undefined) headers['last-modified'] = lastModified;
  if (from !== undefined) {
    headers['content-range'] = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
  }
  for (const name of hidden) Reflect.deleteProperty(headers, name);
  return headers;
}

/** Answers with a file, as a static host does: whole, the part that is asked for, or that nothing is new. */
export function file(bytes: Uint8Array, options: FileOptions = {}): Handler {
  const { etag = '"1"', lastModified, ranges = true, cutAfter, stallAfter, pace } = options;
  const marks = [etag, lastModified].filter((mark) => typeof mark === 'string');
  return (request, response) => {
    const condition = request.headers['if-none-match'] ?? request.headers['if-modified-since'];
    if (condition !== undefined && marks.includes(condition)) {
      response.writeHead(304).end();
      return;
    }
    const part = ranges ? /^bytes=(\d+)-$/.exec(request.headers.range ?? '') : null;
    const ifRange = request.headers['if-range'];
    const same = typeof ifRange !== 'string' || marks.includes(ifRange);
    const from = part && same ? Number(part[1]) : undefined;
    if (from !== undefined && from >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    response.writeHead(from === undefined ? 200 : 206, headersOf(bytes, from, options));
    const body = bytes.subarray(from ?? 0);
    if (pace !== undefined) {
      void drip(body, response, pace);
      return;
    }
    response.write(body.subarray(0, cutAfter ?? stallAfter ?? body.length));
    if (cutAfter !== undefined) setTimeout(() => response.destroy(), cutAfter && READING_MS);
    else if (stallAfter === undefined) response.end();
  };
}

async function drip(body: Uint8Array, response: ServerResponse, pace: number): Promise<void> {
  const step = Math.ceil(body.length / 10);
  for (let from = 0; from < body.length; from += step) {
    response.write(body.subarray(from, from + step));
    await sleep(pace);
  }
  response.end();
}

export const status = (code: number, headers: Record<string, string> = {}): Handler => {
  return (_, response) => {
    response.writeHead(code, headers).end('no file');
  };
};
