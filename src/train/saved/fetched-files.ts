import { reject } from '../../errors.js';
import type { DownloadOptions } from '../../weights/download/options.js';
import { type ModelFiles, requireBytes, UnreadableFile } from './files.js';

/** How a model's files are fetched; one that fails is tried again. */
export type FetchOptions = Pick<
  DownloadOptions,
  'signal' | 'timeoutMs' | 'retries' | 'retryDelayMs'
>;

/** A folder's address; in a page it may be relative to the page's. */
function requireFolder(address: string | URL): URL {
  const { document, location } = globalThis as Partial<
    Pick<typeof globalThis, 'document' | 'location'>
  >;
  const around = document?.baseURI ?? location?.href;
  const url = URL.canParse(String(address), around) ? new URL(address, around) : undefined;
  if (url === undefined || url.protocol === 'file:') {
    reject(
      'url',
      'the http(s) address of a folder',
      String(address),
      'in Node, loadClassifier of "resnet-heads/node" takes a path or a file: URL as well',
    );
  }
  url.pathname = url.pathname.replace(/\/*$/, '/');
  url.hash = '';
  return url;
}

const noSink = { begin: () => Promise.resolve(), append: () => Promise.resolve() };

/**
 * A model's files under an address. Connections that break are tried again; one that brings nothing for a while
 * is given up, and so is a file once it has more bytes than it may.
 *
 * @throws ArgumentError where it is no address
 */
export function fetchedFiles(address: string | URL, options: FetchOptions): ModelFiles {
  const folder = requireFolder(address);
  const nameOf = (path: string): string => {
    // What fetches this has no folders but those in the path, whatever its names are made of.
    const url = new URL(path.split('/').map(encodeURIComponent).join('/'), folder);
    url.search = folder.search;
    return url.href;
  };
  return {
    nameOf,
    async read(path, maxBytes) {
      // Loaded when it is needed, as models at hand need none of it.
      const { transfer, TransferError, TooLargeError } =
        await import('../../weights/download/transfer.js');
      try {
        return (await transfer(nameOf(path), { ...options, maxBytes }, undefined, noSink)).bytes;
      } catch (cause) {
        if (cause instanceof TooLargeError) requireBytes(cause.bytes, maxBytes);
        if (!(cause instanceof TransferError)) throw cause;
        throw new UnreadableFile(cause.reason, { cause });
      }
    },
  };
}
