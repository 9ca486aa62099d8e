import { reject } from '../../errors.js';
import type { DownloadOptions } from '../../weights/download/options.js';
import { absolute } from '../../weights/download/address.js';
import { type ModelFiles, requireBytes, UnreadableFile } from './files.js';

/** Options for downloading a model's files. */
export type FetchOptions = Pick<
  DownloadOptions,
  'signal' | 'timeoutMs' | 'retries' | 'retryDelayMs'
>;

/** The URL of a folder; in a page it may be relative. */
function requireFolder(address: string | URL): URL {
  const url = absolute(address);
  if (url === undefined || url.protocol === 'file:') {
    reject('source', 'an http(s) URL', String(address), 'paths are read in Node only');
  }
  url.pathname = url.pathname.replace(/\/*$/, '/');
  url.hash = '';
  return url;
}

/** The files of a model at a URL: that of its folder, or of the `.json` file in it. */
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
 * The files of a model at a URL. Broken connections are retried; a download is aborted if nothing arrives for a while or it
 * exceeds its size limit.
 *
 * @throws ArgumentError if it isn't a URL
 */
export function fetchedFiles(address: string | URL, options: FetchOptions): ModelFiles {
  const folder = requireFolder(address);
  const nameOf = (path: string): string => {
    // Encoded, so that the server sees no other folders than those in the path.
    const url = new URL(path.split('/').map(encodeURIComponent).join('/'), folder);
    url.search = folder.search;
    return url.href;
  };
  return {
    nameOf,
    async read(path, maxBytes) {
      // Imported on demand, as models in memory need none of it.
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
