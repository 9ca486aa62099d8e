import { createReadStream } from 'node:fs';
import { open, readdir, link, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { ArgumentError } from '../../errors.js';
import { syncFolder } from '../write/draft.js';
import type { Append } from '../write/file.js';
import { codeOf, factsOf, toldAsArgument } from '../write/place.js';
import type { Slices } from './seal.js';
import { MAX_TEXT_BYTES, type Store } from './store.js';

const DRAFT = /^\..*\.tmp$/;

/** A new name for a file that isn't complete: hidden, so that no reader takes it for one that is. */
const draftOf = (name: string): string => `.${name}.${randomUUID()}.tmp`;

async function readAt(path: string, from: number, to: number, identity: string) {
  const handle = await open(path);
  try {
    if ((await identityOf(path)) !== identity) {
      throw new ArgumentError(
        `${path}: expected the file that was opened, got another one or other content; open the features again`,
      );
    }
    const bytes = new Uint8Array(Math.max(0, to - from));
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, from + length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length === bytes.length ? bytes : bytes.slice(0, length);
  } finally {
    await handle.close();
  }
}

/** Changes if another file takes its place, or its content changes. */
async function identityOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs].join();
}

/**
 * Opens a file to read pieces of it. Each read opens it again, so that nothing needs to be closed.
 *
 * @returns undefined if there is none; reading throws if it has changed since
 */
export async function localFile(path: string): Promise<Slices | undefined> {
  const facts = await factsOf(path);
  if (facts?.isFile() !== true) return undefined;
  const identity = await identityOf(path);
  return {
    ...{ name: path, size: facts.size },
    slice: (from, to) => readAt(path, from, to, identity),
  };
}

/** @throws ArgumentError if there is more than a small file has */
async function textIn(path: string): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > MAX_TEXT_BYTES) {
      throw new ArgumentError(
        `${path}: expected at most ${MAX_TEXT_BYTES} bytes, got more; remove it, or pass another folder`,
      );
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** A folder. Files in it are written completely or not at all, also if several processes write the same one. */
export function localStore(folder: string): Store {
  const told = <T>(body: () => Promise<T>) => toldAsArgument(folder, 'folder', body);
  const removeDrafts = async (name: string) => {
    const names = await readdir(folder).catch(() => []);
    const own = names.filter((each) => each.startsWith(`.${name}.`) && DRAFT.test(each));
    for (const each of own) await rm(join(folder, each), { force: true }).catch(() => undefined);
  };
  return {
    name: folder,
    async names() {
      const names = await readdir(folder).catch((error: unknown) => {
        if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return [];
        throw error;
      });
      return names.filter((name) => !DRAFT.test(name));
    },
    file: (name) => localFile(join(folder, name)),
    async create(name, text) {
      await told(async () => {
        await mkdir(folder, { recursive: true });
        const [draft, path] = [join(folder, draftOf(name)), join(folder, name)];
        try {
          await writeFile(draft, text, { flush: true });
          // Fails if the file is there; where there are no links, the last one stays.
          await link(draft, path).catch(async (error: unknown) => {
            if (codeOf(error) !== 'EEXIST') await rename(draft, path);
          });
        } finally {
          await rm(draft, { force: true });
        }
        await syncFolder(folder);
      });
    },
    async write(name, build) {
      await told(() => mkdir(folder, { recursive: true }));
      const [draft, path] = [join(folder, draftOf(name)), join(folder, name)];
      const handle = await told(() => open(draft, 'wx'));
      try {
        try {
          const append: Append = (bytes) => told(() => handle.writeFile(bytes));
          await build(append);
          await told(() => handle.sync());
        } finally {
          await handle.close();
        }
        await told(async () => {
          await rename(draft, path).catch((error: unknown) => {
            // Whoever finishes first removes the others' drafts.
            if (codeOf(error) !== 'ENOENT') throw error;
          });
          if ((await factsOf(path)) === undefined) {
            throw new ArgumentError(
              `${path}: expected a folder that no other program clears, got its file removed while it was written; extract again`,
            );
          }
          await syncFolder(folder);
        });
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
      // What killed workers left, too.
      await removeDrafts(name);
    },
    text: (name) =>
      textIn(join(folder, name)).catch((error: unknown) => {
        if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return undefined;
        throw error;
      }),
  };
}
