import { isAddress } from '../remote/address.js';
import { fail } from './failures.js';
import { MAX_FILE_BYTES, type OpenedImage, openImage } from './decode.js';

/** A picture's file. */
export interface PictureFile {
  /** Its path or address; with `bytes`, what error messages call it. */
  readonly path: string;
  /** Its content, if it is at hand. */
  readonly bytes?: Uint8Array;
  /** Why it has none, in words for an error. */
  readonly fault?: string;
}

/** Whether reading it waits for the network. */
export const isRemote = ({ bytes, fault, path }: PictureFile): boolean =>
  (bytes ?? fault) === undefined && isAddress(path);

/** Opens a picture wherever it is; see {@link openImage}. */
export async function openFile(file: PictureFile, signal?: AbortSignal): Promise<OpenedImage> {
  const { path, bytes = path, fault } = file;
  if (fault !== undefined) fail(path, fault);
  if (!isRemote(file)) return openImage(bytes, path);
  const { readPicture } = await import('../remote/picture.js');
  return openImage(await readPicture(path, MAX_FILE_BYTES, signal), path);
}
