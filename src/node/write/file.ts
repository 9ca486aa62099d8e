import { constants } from 'node:fs';
import { access, chmod, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reject } from '../../errors.js';
import { syncFolder, withDraft, writeSynced } from './draft.js';
import { factsOf, placeOf, realPlace, requireWritable, toldAsArgument } from './place.js';

/** A kind of file that replaces nothing but its like. */
export interface FileKind {
  /** As errors name it, such as "an ONNX model". */
  readonly name: string;
  /** Whether a file is what this package writes. Where it throws, it isn't. */
  isOurs(file: string): Promise<boolean>;
}

/**
 * Checks that a file can be written at a path, before work begins.
 *
 * @param kind what may be replaced. @default any file
 * @returns the path without links
 * @throws ArgumentError where something else is there, or nothing can be written
 */
export async function requireFile(file: string | URL, kind?: FileKind): Promise<string> {
  const place = placeOf('file', file);
  const subject = String(file);
  return toldAsArgument(subject, 'file', async () => {
    const facts = await factsOf(place);
    // A pipe has no path without links.
    if (facts?.isDirectory() === true) reject(subject, 'a file', 'a folder', 'name a file in it');
    if (facts?.isFile() === false)
      reject(subject, 'a regular file', 'a device or pipe', 'name a file');
    const path = await realPlace(place);
    if (facts !== undefined) {
      await access(path, constants.W_OK);
      if (kind !== undefined && facts.size > 0 && !(await kind.isOurs(path).catch(() => false))) {
        reject(
          subject,
          `a new file, or ${kind.name} that resnet-heads wrote`,
          'another file',
          'name another one',
        );
      }
    }
    await access(dirname(path), constants.F_OK);
    await requireWritable(path);
    return path;
  });
}

/**
 * Writes a file whole or not at all: beside it, under another name, until it is on the disk. One process at a time
 * writes a file, and removes what others left that were killed.
 *
 * @throws ArgumentError as {@link requireFile}, and where writing fails
 */
export async function writeFile(
  file: string,
  bytes: string | Uint8Array,
  kind?: FileKind,
): Promise<void> {
  const path = await requireFile(file, kind);
  await toldAsArgument(file, 'file', () =>
    withDraft(path, async ({ draft }) => {
      await writeSynced(draft, bytes);
      const mode = (await factsOf(path))?.mode;
      if (mode !== undefined) await chmod(draft, mode);
      await requireFile(file, kind);
      await rename(draft, path);
      await syncFolder(dirname(path));
    }),
  );
}

/** Removes a file that {@link writeFile} wrote, and what writers of it that were killed have left. */
export async function removeFile(file: string): Promise<void> {
  await toldAsArgument(file, 'file', async () => {
    const path = await realPlace(file);
    if ((await factsOf(dirname(path))) === undefined) return;
    await withDraft(path, () => rm(path, { force: true }));
  });
}

/** The first bytes of a file, as text of one byte a character. */
export async function beginningOf(file: string, bytes: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
