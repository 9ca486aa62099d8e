import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

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

export interface FileOptions {
  /** Breaks the connection after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Falls silent after so many bytes of the body. */
  readonly stallAfter?: number;
  readonly etag?: string;
  /** @default true */
  readonly ranges?: boolean;
}

/** Answers with a file, as a static host does: whole, or the part that is asked for. */
export function file(bytes: Uint8Array, options: FileOptions = {}): Handler {
  const { etag = '"1"', ranges = true, cutAfter, stallAfter } = options;
  return (request, response) => {
    const part = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const from = ranges && part && request.headers['if-range'] === etag ? Number(part[1]) : 0;
    const body = bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': body.length,
      etag,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    const end = cutAfter ?? stallAfter ?? body.length;
    response.write(body.subarray(0, end));
    if (cutAfter !== undefined) setTimeout(() => response.destroy(), 20);
    else if (stallAfter === undefined) response.end();
  };
}

export const status = (code: number, headers: Record<string, string> = {}): Handler => {
  return (_, response) => {
    response.writeHead(code, headers).end('no file');
  };
};
