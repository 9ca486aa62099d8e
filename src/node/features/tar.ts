import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Header } from 'tar-stream';
import { PictureError, show } from '../../errors.js';
import { isPicturePath } from '../images/folder.js';
import { labelOf } from '../images/label-text.js';
import type { PictureFile } from '../images/picture-file.js';
import { fail } from '../images/table.js';
import { isAddress } from '../remote/address.js';
import { streamOf } from '../remote/stream.js';
import { loadPackage } from '../load-package.js';
import type { Entry } from './source.js';

/** Of a sample's pictures, which are in memory until its label is known; as much as one picture's file may have. */
const MAX_SAMPLE_BYTES = 2 ** 28;
const MAX_LABEL_BYTES = 2 ** 16;

/** Two blocks of zeros: where they are missing, the file is cut off between two of its files. */
const END_BYTES = 1024;

export const loadTar = () =>
  loadPackage('tar-stream', () => import('tar-stream'), 'npm install tar-stream');

/** A file in a tar file. */
interface TarEntry extends AsyncIterable<unknown> {
  readonly header: Header;
  resume(): unknown;
}

/** A tar file, and what the features' files call it. */
export interface Tar {
  readonly place: string;
  readonly name: string;
}

/** Files whose names are the same up to the first dot. */
interface Sample {
  readonly key: string;
  readonly pictures: Map<string, Pick<PictureFile, 'bytes' | 'fault'>>;
  label: string | null;
  bytes: number;
}

/** The key of a sample: a file's path up to the first dot of its name. */
const keyOf = (path: string): string => /^(.*\/)?[^/.]*/.exec(path)?.[0] ?? path;

const begin = (key: string): Sample => ({ key, pictures: new Map(), label: null, bytes: 0 });

const REMEDY = 'write the file again with tar --dereference --hard-dereference';
const LINK = `a link, which has no data in a .tar file; ${REMEDY}`;

/** Decodes UTF-8. In other encodings, different classes could get the same name. */
function textOf(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch {
    return fail(where, 'text in UTF-8', 'another encoding', 'save it as UTF-8');
  }
}

async function contentOf(entry: TarEntry, path: string, maxBytes: number): Promise<Buffer> {
  const { size } = entry.header;
  if (size > maxBytes) {
    fail(path, `at most ${maxBytes} bytes in a sample`, String(size), 'save it smaller');
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of entry) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces);
}

/** Reads a tar file as webdataset writes them, sample by sample. */
async function* samplesIn(
  { place }: Tar,
  entries: AsyncIterable<TarEntry>,
  multiLabel: boolean,
): AsyncGenerator<Sample> {
  let sample = begin('');
  const seen = new Set<string>();
  for await (const entry of entries) {
    const path = entry.header.name.replace(/^(\.{0,2}\/)+/, '');
    const { type } = entry.header;
    const isLink = type === 'link' || type === 'symlink';
    const isPicture = isPicturePath(path);
    if (!(type === 'file' || isLink) || !(isPicture || /\.cls$/i.test(path))) {
      entry.resume();
      continue;
    }
    const key = keyOf(path);
    if (key !== sample.key) {
      yield sample;
      if (seen.size === seen.add(key).size) {
        throw new PictureError(
          `${place}: expected the files of a sample one after the other, got ${show(key)} again; write the file in the order of the names: tar --sort=name`,
        );
      }
      sample = begin(key);
    }
    const where = `${place}/${path}`;
    if (isLink) entry.resume();
    if (!isPicture) {
      if (isLink) fail(where, 'a label', 'a link, which has no data in a .tar file', REMEDY);
      const text = textOf(await contentOf(entry, where, MAX_LABEL_BYTES), where);
      sample.label = labelOf(text, multiLabel, {
        file: place,
        at: `in ${path}`,
        unit: '.cls file',
      });
      continue;
    }
    if (sample.pictures.has(path)) {
      fail(place, 'each picture once', `${show(path)} twice`, 'write the file again');
    }
    if (isLink) {
      sample.pictures.set(path, { fault: LINK });
      continue;
    }
    const bytes = await contentOf(entry, where, MAX_SAMPLE_BYTES - sample.bytes);
    sample.pictures.set(path, { bytes });
    sample.bytes += bytes.length;
  }
  yield sample;
}

/**
 * Reads the pictures in a tar file, as they come: a sample's files follow each other. Its label is the text of its file with the
 * extension `.cls`.
 *
 * @throws PictureError if it isn't a whole tar file; NetworkError if its address can't be read; the signal's reason
 */
export async function* picturesInTar(
  tar: Tar,
  multiLabel: boolean,
  signal?: AbortSignal,
): AsyncGenerator<Entry> {
  const { extract } = await loadTar();
  const { place, name } = tar;
  const ending = new AbortController();
  const stop = () => {
    ending.abort(signal?.reason);
  };
  signal?.addEventListener('abort', stop);
  let failure: Error | undefined;
  let last = Buffer.alloc(0);
  const pieces = async function* () {
    try {
      const whole = isAddress(place)
        ? streamOf(place, { signal: ending.signal })
        : (createReadStream(place, { signal: ending.signal }) as AsyncIterable<Uint8Array>);
      for await (const piece of whole) {
        last = Buffer.concat([last, piece.subarray(-END_BYTES)]).subarray(-END_BYTES);
        yield piece;
      }
    } catch (error) {
      failure = error as Error;
      throw error;
    }
  };
  const source = Readable.from(pieces());
  try {
    signal?.throwIfAborted();
    const entries = extract();
    source.on('error', (error) => {
      entries.destroy(error);
    });
    source.pipe(entries);
    for await (const { pictures, label } of samplesIn(tar, entries, multiLabel)) {
      for (const [path, content] of pictures) {
        yield { path: `${place}/${path}`, name: `${name}/${path}`, label, ...content };
      }
    }
    if (last.length < END_BYTES || last.some((byte) => byte !== 0)) {
      throw new Error('no end of the archive');
    }
  } catch (error) {
    signal?.throwIfAborted();
    const { name: kind, message } = (failure ?? error) as Error;
    if (['ArgumentError', 'NetworkError', 'PictureError'].includes(kind)) throw failure ?? error;
    const remedy = failure ? 'check its path and permissions' : 'copy it again, or remove it';
    throw new PictureError(`${place}: expected a whole .tar file, got "${message}"; ${remedy}`, {
      cause: error,
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
    source.destroy();
  }
}
