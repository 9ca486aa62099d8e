import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a stub was sent. */
export interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, unless it is bytes or text. */
  readonly body?: object | Buffer | string;
}

/** A server that answers by a rule, and remembers what it was sent. */
export class Stub {
  readonly received: Received[] = [];
  readonly #server: Server;

  constructor(rule: (request: Received) => Reply | Promise<Reply>) {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { url = '', headers } = request;
        const received = { url, headers, body: Buffer.concat(chunks) };
        this.received.push(received);
        void Promise.resolve(rule(received)).then(
          ({ status = 200, headers: more = {}, body = {} }) => {
            const isPlain = Buffer.isBuffer(body) || typeof body === 'string';
            response.writeHead(status, more).end(isPlain ? body : JSON.stringify(body));
          },
        );
      });
    });
  }

  /** Its address. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export const DESCRIBED = {
  name: 'flowers',
  platform: 'onnxruntime_onnx',
  inputs: [{ name: 'pixels', datatype: 'UINT8', shape: [-1, 2, 3, 3] }],
  outputs: [{ name: 'predictions', datatype: 'FP32', shape: [-1, 3] }],
};

export const configured = (lists: Readonly<Record<string, unknown>>): object => ({
  parameters: Object.fromEntries(
    Object.entries(lists).map(([key, list]) => [key, { string_value: JSON.stringify(list) }]),
  ),
});

/** An answer with scores as bytes after the JSON. */
export function answered(scores: readonly number[], shape = [1, scores.length]): Reply {
  const content = Buffer.from(Float32Array.from(scores).buffer);
  const parameters = { binary_data_size: content.length };
  const outputs = [{ name: 'predictions', datatype: 'FP32', shape, parameters }];
  const head = Buffer.from(JSON.stringify({ model_name: 'flowers', outputs }));
  return {
    headers: { 'inference-header-content-length': String(head.length) },
    body: Buffer.concat([head, content]),
  };
}
