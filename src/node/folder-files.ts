import { constants, open, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ModelFiles, requireBytes, UnreadableFile } from '../train/saved/files.js';

/** Converts a `file:` URL to a path; paths stay as they are. */
export const toPath = (source: string | URL): string =>
  String(source).startsWith('file:') ? fileURLToPath(source) : String(source);

/** Reads a file's bytes, or fewer if it shrinks meanwhile. */
async function readWhole(path: string, maxBytes: number): Promise<Uint8Array> {
  // Non-blocking: opening a pipe would wait for a writer. Windows has no such flag; it is 0 there.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new UnreadableFile('not a regular file');
    requireBytes(facts.size, maxBytes);
    const bytes = new Uint8Array(facts.size);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length === bytes.length ? bytes : bytes.slice(0, length);
  } finally {
    await file.close();
  }
}

/** A model's files in a folder. Files outside it aren't read, even through links. */
export function folderFiles(folder: string): ModelFiles {
  const nameOf = (path: string): string => join(folder, path);
  return {
    nameOf,
    async read(path, maxBytes) {
      try {
        const [root, file] = await Promise.all([realpath(folder), realpath(nameOf(path))]);
        const way = relative(root, file);
        // Between two drives of Windows, the relative path is absolute.
        if (way.split(sep)[0] === '..' || isAbsolute(way)) {
          throw new UnreadableFile('a link that leads out of its folder');
        }
        return await readWhole(file, maxBytes);
      } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException;
        if (code === undefined) throw cause;
        throw new UnreadableFile(code === 'ENOENT' ? 'no such file' : message, { cause });
      }
    },
  };
}
