import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError } from '../../errors.js';
import { objectPlace } from '../remote/address.js';
import { RefusedError } from '../remote/network-error.js';
import { calling, loadSdk, loadUpload, statusOf, writingClient } from '../remote/s3-client.js';
import { namesBelow } from '../remote/s3-read.js';
import { readAddress, streamOf } from '../remote/stream.js';
import type { Slices } from './seal.js';
import { MAX_TEXT_BYTES, type Store } from './store.js';

/** In memory at a time: four parts of 16 MiB; an upload has 10,000 of them at most. */
const PART_BYTES = 2 ** 24;
const MOST_PARTS = 10_000;

/** Statuses of services that don't know the condition If-None-Match. */
const UNKNOWN_CONDITION = [400, 405, 501];

async function* filePieces(address: string, from: number, to: number, validator?: string) {
  if (to > from) yield* streamOf(address, { from, to, validator });
}

/** A prefix in object storage. Objects in it appear completely or not at all. */
export async function s3Store(address: string): Promise<Store> {
  const name = address.replace(/\/+$/, '');
  const sdk = await loadSdk();
  const client = await writingClient();
  const placeOf = (file: string) => {
    const { bucket: Bucket, key: Key } = objectPlace(`${name}/${file}`);
    return { at: `${name}/${file}`, object: { Bucket, Key } };
  };
  /** Undefined if there is no such object. */
  const orNone = async <T>(at: string, call: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await calling(at, call);
    } catch (error) {
      if (error instanceof RefusedError && statusOf(error.cause) === 404) return undefined;
      throw error;
    }
  };
  const put = async (file: string, text: string, condition: object) => {
    const { object, at } = placeOf(file);
    const command = new sdk.PutObjectCommand({ ...object, Body: text, ...condition });
    await calling(at, () => client.send(command));
  };
  const head = (file: string) => {
    const { at, object } = placeOf(file);
    return orNone(at, () => client.send(new sdk.HeadObjectCommand(object)));
  };
  const upload = async (file: string, draft: string) => {
    const { Upload } = await loadUpload();
    const { at, object } = placeOf(file);
    const { size } = await stat(draft);
    // Aborts itself if a part fails.
    await calling(at, () =>
      new Upload({
        client,
        params: { ...object, Body: createReadStream(draft) },
        partSize: Math.max(PART_BYTES, Math.ceil(size / MOST_PARTS)),
      }).done(),
    );
  };
  return {
    name,
    async names() {
      const found: string[] = [];
      for await (const each of namesBelow(name, { isFlat: true })) found.push(each);
      return found;
    },
    async file(file): Promise<Slices | undefined> {
      const { at } = placeOf(file);
      const facts = await head(file);
      if (facts === undefined) return undefined;
      const { ContentLength: size = 0, ETag } = facts;
      return {
        ...{ name: at, size },
        async slice(from, to) {
          const end = Math.min(to, size);
          // Not a Buffer, whose memory may be shared.
          const bytes = new Uint8Array(Math.max(0, end - from));
          let length = 0;
          for await (const piece of filePieces(at, from, end, ETag)) {
            bytes.set(piece, length);
            length += piece.length;
          }
          return bytes;
        },
      };
    },
    async text(file) {
      const { at } = placeOf(file);
      const tooLarge = (bytes: number) => new Error(`${at} has ${bytes} bytes`);
      try {
        return (await readAddress(at, MAX_TEXT_BYTES, tooLarge)).toString('utf8');
      } catch (error) {
        if (error instanceof RefusedError && statusOf(error.cause) === 404) return undefined;
        throw error;
      }
    },
    async create(file, text) {
      try {
        await put(file, text, { IfNoneMatch: '*' });
      } catch (error) {
        const status = statusOf((error as Error).cause) ?? 0;
        // Another worker has written it.
        if (status === 412) return;
        if (!UNKNOWN_CONDITION.includes(status)) throw error;
        if ((await head(file)) === undefined) await put(file, text, {});
      }
    },
    async write(file, build) {
      const folder = await mkdtemp(join(tmpdir(), 'resnet-heads-shard-')).catch(
        (cause: unknown) => {
          const remedy = 'set TMPDIR to another folder, with space for a shard';
          throw new ArgumentError(
            `TMPDIR: expected a folder that can be written, got ${(cause as Error).message}; ${remedy}`,
            { cause },
          );
        },
      );
      try {
        const draft = join(folder, file);
        const handle = await open(draft, 'wx');
        try {
          await build((bytes) => handle.writeFile(bytes));
        } finally {
          await handle.close();
        }
        await upload(file, draft);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
