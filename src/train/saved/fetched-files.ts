import { reject } from '../../errors.js';
import type { DownloadOptions } from '../../weights/download/options.js';
import { absolute } from '../../weights/download/address.js';
import { type ModelFiles, requireBytes, UnreadableFile } from './files.js';

/** How a model's files are fetched; one that fails is tried again. */
export type FetchOptions = Pick<
  DownloadOptions,
  'signal' | 'timeoutMs' | 'retries' | 'retryDelayMs'
>;

/** A folder's address; in a page it may be relative to the page's. */
function requireFolder(address: string | URL): URL {
  const url = absolute(address);
  if (url === undefined || url.protocol === 'file:') {
    reject('source', 'an http(s) address', String(address), 'paths are read in Node only');
  }
  url.pathname = url.pathname.replace(/\/*$/, '/');
  url.hash = '';
  return url;
}

/** Files of a model by its address: that of its folder, or of the `.json` in it. */
export function fetchedModel(
  address: string | URL,
  options: FetchOptions,
): { readonly files: ModelFiles; readonly path?: string } {
  const url = absolute(address);
  const [, file] = /([^/]+\.json)$/i.exec(url?.pathname ?? '') ?? [];
  if (url === undefined || file === undefined) return { files: fetchedFiles(address, options) };
  url.pathname = url.pathname.slice(0, -file.length);
  return { files: fetchedFiles(url, options), path: decodeURIComponent(file) };
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
