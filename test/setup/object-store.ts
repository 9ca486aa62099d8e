import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What goes wrong: the service is overloaded, or the connection ends or falls silent in the middle of the file; a number is a
 * status without a body.
 */
export type Fault = 'slow down' | 'cut' | 'silent' | number;

/** A request, as faults see it. */
export interface Call {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  /** How many calls of this method and key came before. */
  readonly before: number;
}

/** A server of one bucket in memory, with the calls of S3 that are used, for tests of what goes wrong. */
export interface ObjectStore {
  /** Where a client finds the bucket's keys: `http://127.0.0.1:1234/bucket`. */
  readonly web: string;
  readonly endpoint: string;
  readonly objects: Map<string, Buffer>;
  /** Uploads that are neither completed nor aborted. */
  readonly uploads: Map<string, Map<number, Buffer>>;
  readonly calls: Call[];
  fault: (call: Call) => Fault | undefined;
  close(): Promise<void>;
}

const PAGE = 3;
const tagOf = (bytes: Buffer) => `"${createHash('md5').update(bytes).digest('hex')}"`;
const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function sendError(response: ServerResponse, status: number, code?: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(code && `<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

function sendList(response: ServerResponse, names: readonly string[], query: URLSearchParams) {
  const prefix = query.get('prefix') ?? '';
  const all = names
    .filter((key) => key.startsWith(prefix))
    .filter((key) => !query.has('delimiter') || !key.slice(prefix.length).includes('/'))
    .sort();
  const from = Number(query.get('continuation-token') ?? 0);
  const rest = all.length > from + PAGE;
  const contents = all
    .slice(from, from + PAGE)
    .map((key) => `<Contents><Key>${escaped(key)}</Key><Size>1</Size></Contents>`);
  const next = rest ? `<NextContinuationToken>${from + PAGE}</NextContinuationToken>` : '';
  response.end(
    `<ListBucketResult>${contents.join('')}<IsTruncated>${rest}</IsTruncated>${next}</ListBucketResult>`,
  );
}

function sendObject(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Buffer,
  fault: Fault | undefined,
): void {
  const tag = tagOf(bytes);
  const { range, 'if-match': wanted, 'if-range': same } = request.headers;
  if (wanted !== undefined && wanted !== tag) {
    sendError(response, 412, 'PreconditionFailed');
    return;
  }
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const isPart = range !== undefined && (same === undefined || same === tag);
  const [begin, end] = isPart
    ? [Number(from), to === '' ? bytes.length : Number(to) + 1]
    : [0, bytes.length];
  const part = bytes.subarray(begin, end);
  response.writeHead(isPart ? 206 : 200, {
    'content-length': part.length,
    etag: tag,
    ...(isPart && { 'content-range': `bytes ${begin}-${begin + part.length - 1}/${bytes.length}` }),
  });
  if (request.method === 'HEAD') {
    response.end();
  } else if (fault === undefined) {
    response.end(part);
  } else {
    response.write(part.subarray(0, part.length >> 1), () => {
      if (fault === 'cut') response.destroy();
    });
  }
}

/** Starts a server on a free port. */
export async function startObjectStore(): Promise<ObjectStore> {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Map<number, Buffer>>();
  const calls: Call[] = [];
  const change = async (
    request: IncomingMessage,
    response: ServerResponse,
    { method, key, query }: Call,
  ) => {
    const bytes = await bodyOf(request);
    const id = query.get('uploadId') ?? '';
    if (method === 'POST' && query.has('uploads')) {
      const own = `upload-${calls.length}`;
      uploads.set(own, new Map());
      response.end(
        `<InitiateMultipartUploadResult><UploadId>${own}</UploadId></InitiateMultipartUploadResult>`,
      );
    } else if (method === 'PUT' && id !== '') {
      uploads.get(id)?.set(Number(query.get('partNumber')), bytes);
      response.writeHead(200, { etag: tagOf(bytes) }).end();
    } else if (method === 'POST') {
      const parts = [...(uploads.get(id) ?? [])].sort(([a], [b]) => a - b);
      objects.set(key, Buffer.concat(parts.map(([, part]) => part)));
      uploads.delete(id);
      response.end(
        '<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>',
      );
    } else if (method === 'DELETE') {
      uploads.delete(id);
      response.writeHead(204).end();
    } else if (request.headers['if-none-match'] === '*' && objects.has(key)) {
      sendError(response, 412, 'PreconditionFailed');
    } else {
      objects.set(key, bytes);
      response.writeHead(200, { etag: tagOf(bytes) }).end();
    }
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://host');
    const key = decodeURIComponent(pathname).replace(/^\/bucket\/?/, '');
    const { method = '' } = request;
    const before = calls.filter((each) => each.method === method && each.key === key).length;
    const call = { method, key, query, before };
    calls.push(call);
    const fault = store.fault(call);
    const isRead = method === 'GET' || method === 'HEAD';
    if (typeof fault === 'number') {
      sendError(response, fault);
    } else if (fault === 'slow down') {
      sendError(response, 503, 'SlowDown');
    } else if (fault === 'cut' && !isRead) {
      // Of an upload, some bytes arrive.
      request.once('data', () => request.destroy());
    } else if (!isRead) {
      await change(request, response, call);
    } else if (query.has('list-type')) {
      sendList(response, [...objects.keys()], query);
    } else {
      const bytes = objects.get(key);
      if (bytes === undefined) sendError(response, 404, 'NoSuchKey');
      else sendObject(request, response, bytes, fault);
    }
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const store: ObjectStore = {
    ...{ endpoint, web: `${endpoint}/bucket`, objects, uploads, calls },
    fault: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
  return store;
}

/** What the client of object storage reads from the environment. */
export const environmentFor = ({ endpoint }: ObjectStore) => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: 'key',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_REGION: 'us-east-1',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
});
