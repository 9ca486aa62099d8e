import { ArgumentError } from '../../errors.js';

/** The files of a saved model, in a folder or at a URL. */
export interface ModelFiles {
  /** The name of a file in error messages: its path or URL. */
  nameOf(path: string): string;
  /**
   * Reads a whole file.
   *
   * @param path relative to the model, checked by {@link readFile}
   * @throws UnreadableFile if it is missing, isn't a regular file, or has more than `maxBytes`
   */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
}

/** A file that can't be read. The message is what {@link readFile} reports after "got": "status 404", "5 bytes, more than 4". */
export class UnreadableFile extends Error {}

/** What is expected of a file, and what to do if it can't be read. */
export interface FileKind {
  readonly expected: string;
  readonly remedy: string;
}

/** The file that lists all other files of a model. */
export const MODEL_FILE = 'model.json';

/** Name of the file of a saved model's weights. */
export const WEIGHTS_FILE = 'weights.bin';
/** Name of the file of a saved classifier's backbone, if it is an ONNX file. */
export const ONNX_FILE = 'backbone.onnx';

export const OF_A_CLASSIFIER: FileKind = {
  expected: 'a file of a saved classifier',
  remedy: 'pass a folder that train or classifier.save() wrote',
};
export const OF_A_MODEL: FileKind = {
  expected: 'a file of a TensorFlow.js layers model',
  remedy: 'pass the folder that contains it and its weights',
};
export const WEIGHTS: FileKind = {
  expected: 'the weights that model.json names',
  remedy: 'copy it from where the model was saved',
};

/** @throws UnreadableFile if a file has more bytes than it may have */
export function requireBytes(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw new UnreadableFile(`${bytes} bytes, more than ${maxBytes}`);
}

/** Whether a path from a model's files stays in their folder. Windows also accepts `\` and `C:`, and a browser a scheme. */
const isInside = (path: string): boolean =>
  !/[\\\0]|^[^/]*:/.test(path) &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

const fail = (
  files: ModelFiles,
  path: string,
  { expected, remedy }: FileKind,
  got: string,
  cause?: unknown,
): never => {
  throw new ArgumentError(`${files.nameOf(path)}: expected ${expected}, got ${got}; ${remedy}`, {
    cause,
  });
};

/**
 * Reads one of a model's files.
 *
 * @throws ArgumentError if it can't be read or is outside the model's folder
 */
export async function readFile(
  files: ModelFiles,
  path: string,
  maxBytes: number,
  kind: FileKind,
): Promise<Uint8Array> {
  if (!isInside(path)) return fail(files, path, kind, 'a path that leads out of its folder');
  try {
    return await files.read(path, maxBytes);
  } catch (cause) {
    if (!(cause instanceof UnreadableFile)) throw cause;
    return fail(files, path, kind, cause.message, cause);
  }
}

/**
 * Reads one of a model's JSON files.
 *
 * @throws ArgumentError if it can't be read or isn't JSON
 */
export async function readJson(
  files: ModelFiles,
  path: string,
  maxBytes: number,
  kind: FileKind,
): Promise<unknown> {
  const text = new TextDecoder().decode(await readFile(files, path, maxBytes, kind));
  try {
    return JSON.parse(text);
  } catch (cause) {
    return fail(files, path, kind, (cause as Error).message, cause);
  }
}
