import { ArgumentError } from '../../errors.js';

/** The files of a saved model, in a folder or under an address. */
export interface ModelFiles {
  /** What a file is called in errors: its path or its address. */
  nameOf(path: string): string;
  /**
   * Reads a file whole.
   *
   * @param path relative to the model, checked by {@link readFile}
   * @throws UnreadableFile where there is none, it is no regular file, or it has more than `maxBytes`
   */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
}

/** What came in place of a file's bytes: "status 404", "5 bytes, more than 4". {@link readFile} says the rest. */
export class UnreadableFile extends Error {}

/** What was expected of a file, and what to do where it isn't there. */
export interface FileKind {
  readonly expected: string;
  readonly remedy: string;
}

export const OF_A_CLASSIFIER: FileKind = {
  expected: 'a file of a saved classifier',
  remedy: 'name a folder that train or classifier.save() wrote',
};
export const OF_A_MODEL: FileKind = {
  expected: 'a file of a TensorFlow.js layers model',
  remedy: 'name the folder that holds it and its weights',
};
export const WEIGHTS: FileKind = {
  expected: 'the weights that model.json names',
  remedy: 'copy it from where the model was saved',
};

/** @throws UnreadableFile where a file has more than it may have */
export function requireBytes(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw new UnreadableFile(`${bytes} bytes, more than ${maxBytes}`);
}

/**
 * Whether a path, which the model's own files name, stays beside them. Windows would also take `\`
 * and `C:`, and a browser a scheme.
 */
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
 * @throws ArgumentError where it can't be read, or isn't beside the model
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
 * @throws ArgumentError where it can't be read, or isn't JSON
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
