import type { Readable } from 'node:stream';
import { objectPlace } from './address.js';
import { NetworkError } from './network-error.js';
import {
  calling,
  failureOf,
  loadSdk,
  readingClient,
  statusOf,
  writingClient,
} from './s3-client.js';
import type { Opened, Piece } from './piece.js';

/** Opens an object to read a part of it. */
export async function openObject(
  address: string,
  { from, to, validator }: Piece,
  signal: AbortSignal,
): Promise<Opened> {
  const { GetObjectCommand } = await loadSdk();
  const client = await readingClient();
  const { bucket: Bucket, key: Key } = objectPlace(address);
  const isPart = from > 0 || to !== undefined;
  const Range = isPart ? `bytes=${from}-${to === undefined ? '' : to - 1}` : undefined;
  const command = new GetObjectCommand({ Bucket, Key, Range, IfMatch: validator });
  const got = await client.send(command, { abortSignal: signal }).catch((cause: unknown) => {
    if (statusOf(cause) !== 412) throw failureOf(address, cause);
    throw new NetworkError(
      `${address}: expected the object that was opened, got another one; run the same command again`,
      { cause },
    );
  });
  const body = got.Body as Readable;
  signal.addEventListener('abort', () => body.destroy());
  const length = got.ContentLength;
  const begin = got.ContentRange === undefined ? 0 : from;
  return {
    from: begin,
    total: length === undefined ? undefined : begin + length,
    validator: got.ETag,
    body,
  };
}

/** The names below `s3://bucket/prefix`, relative to it, in the order of the service: by the bytes of UTF-8. */
export async function* namesBelow(
  address: string,
  { signal, isFlat = false }: { signal?: AbortSignal | undefined; isFlat?: boolean } = {},
): AsyncGenerator<string> {
  const { paginateListObjectsV2 } = await loadSdk();
  const client = await writingClient();
  const { bucket: Bucket, key } = objectPlace(address);
  const Prefix = key === '' || key.endsWith('/') ? key : `${key}/`;
  const pages = paginateListObjectsV2(
    { client },
    { Bucket, Prefix, ...(isFlat && { Delimiter: '/' }) },
  );
  let last = Buffer.alloc(0);
  for (;;) {
    signal?.throwIfAborted();
    const { done, value } = await calling(address, () => pages.next());
    if (done === true) return;
    for (const { Key = '' } of value.Contents ?? []) {
      const bytes = Buffer.from(Key);
      if (Buffer.compare(last, bytes) >= 0) {
        throw new NetworkError(
          `${address}: expected objects in the order of their names, got ${Key} late; pass a .txt list of their addresses instead`,
        );
      }
      last = bytes;
      const name = Key.slice(Prefix.length);
      if (name !== '') yield name;
    }
  }
}
