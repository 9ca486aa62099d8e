import { constants } from 'node:fs';
import { access, chmod, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reject } from '../../errors.js';
import { BuilderFailure, syncFolder, withDraft } from './draft.js';
import { factsOf, placeOf, realPlace, requireWritable, toldAsArgument } from './place.js';

/** A kind of file that may overwrite only files of the same kind. */
export interface FileKind {
  /** Its name in error messages, such as "an ONNX model". */
  readonly name: string;
  /** Whether this package wrote the file. An error counts as no. @default no file may be overwritten */
  isOurs?(file: string): Promise<boolean>;
}

/** @throws ArgumentError if a file of this kind may not replace the one at a path */
async function requireReplaceable(subject: string, path: string, kind: FileKind): Promise<void> {
  if (kind.isOurs === undefined) {
    reject(subject, 'a new file', 'one that is there', 'pass another path, or remove it');
  }
  if (await kind.isOurs(path).catch(() => false)) return;
  const expected = `a new file, or ${kind.name} that resnet-heads wrote`;
  reject(subject, expected, 'another file', 'pass another path');
}

/**
 * Checks that a file can be written at a path, before work begins.
 *
 * @param kind what may be overwritten. @default any file
 * @returns the path without links
 * @throws ArgumentError if something else is there, or nothing can be written
 */
export async function requireFile(file: string | URL, kind?: FileKind): Promise<string> {
  const place = placeOf('file', file);
  const subject = String(file);
  return toldAsArgument(subject, 'file', async () => {
    const facts = await factsOf(place);
    // A pipe has no path without links.
    if (facts?.isDirectory() === true) reject(subject, 'a file', 'a folder', 'pass a file in it');
    if (facts?.isFile() === false)
      reject(subject, 'a regular file', 'a device or pipe', 'pass another path');
    const path = await realPlace(place);
    if (facts !== undefined) {
      await access(path, constants.W_OK);
      if (kind !== undefined && facts.size > 0) await requireReplaceable(subject, path, kind);
    }
    await access(dirname(path), constants.F_OK);
    await requireWritable(path);
    return path;
  });
}

/** Appends to a file that is being written. */
export type Append = (bytes: string | Uint8Array) => Promise<void>;

/**
 * Writes a file completely or not at all: to a temporary file beside it first, until it is on disk. One process at a time writes
 * a file; it removes what killed writers left.
 *
 * @param build appends the content, piece by piece; if it throws, the old file stays
 * @throws ArgumentError as {@link requireFile}, and if writing fails
 */
export async function buildFile(
  file: string,
  build: (append: Append) => Promise<void>,
  kind?: FileKind,
): Promise<void> {
  const path = await requireFile(file, kind);
  const told = <T>(body: () => Promise<T>) => toldAsArgument(file, 'file', body);
  await told(() =>
    withDraft(path, async ({ draft }) => {
      const handle = await open(draft, 'wx');
      try {
        const append: Append = (bytes) => told(() => handle.writeFile(bytes));
        await BuilderFailure.of(build(append));
        await handle.sync();
      } finally {
        await handle.close();
      }
      const mode = (await factsOf(path))?.mode;
      if (mode !== undefined) await chmod(draft, mode);
      await requireFile(file, kind);
      await rename(draft, path);
      await syncFolder(dirname(path));
    }),
  ).catch((error: unknown) => BuilderFailure.rethrow(error));
}

/** {@link buildFile} with content that is there already. */
export const writeFile = (
  file: string,
  bytes: string | Uint8Array,
  kind?: FileKind,
): Promise<void> => buildFile(file, (append) => append(bytes), kind);

/** Removes a file that {@link writeFile} wrote, and what killed writers of it left. */
export async function removeFile(file: string): Promise<void> {
  await toldAsArgument(file, 'file', async () => {
    const path = await realPlace(file);
    if ((await factsOf(dirname(path))) === undefined) return;
    await withDraft(path, () => rm(path, { force: true }));
  });
}

/** The first bytes of a file, as text with one byte per character. */
export async function beginningOf(file: string, bytes: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
