import { type ModelFiles, requireBytes, UnreadableFile } from './files.js';

/** A model's files in memory, by name. */
export const filesInHand = (files: Readonly<Record<string, Uint8Array>>): ModelFiles => ({
  nameOf: (path) => path,
  async read(path, maxBytes) {
    const bytes = Object.hasOwn(files, path) ? files[path] : undefined;
    if (bytes === undefined) throw new UnreadableFile('no such file');
    requireBytes(bytes.length, maxBytes);
    return Promise.resolve(bytes);
  },
});
