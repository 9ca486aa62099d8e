import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { name as packageName } from '../../package.json';
import { METADATA_FILE } from '../classifier/files.js';
import { reject } from '../errors.js';
import { ONNX_FILE as BACKBONE } from '../train/saved/files.js';
import { beginningOf, type FileKind, requireFile, writeFile } from './write/file.js';

/** The format's version, 1 to 127, takes two bytes; then comes field 2 of `ModelProto`, the producer's name. */
const BEGINNING = `\x12${String.fromCharCode(packageName.length)}${packageName}`;
const VERSION_BYTES = 2;

export const ONNX_FILE: FileKind = {
  name: 'an ONNX model',
  isOurs: async (file) =>
    (await beginningOf(file, VERSION_BYTES + BEGINNING.length)).slice(VERSION_BYTES) === BEGINNING,
};

/** Writes an ONNX file completely or not at all. Only files that this function wrote are overwritten. */
export async function writeOnnx(
  file: string | URL,
  bytes: () => Promise<Uint8Array>,
): Promise<void> {
  const path = await requireFile(file, ONNX_FILE);
  if (basename(path) === BACKBONE && existsSync(join(dirname(path), METADATA_FILE))) {
    reject('file', "another file than a classifier's backbone", path, 'the classifier needs it');
  }
  await writeFile(path, await bytes(), ONNX_FILE);
}
