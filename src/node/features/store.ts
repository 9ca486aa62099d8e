import type { Append } from '../write/file.js';
import type { Slices } from './seal.js';

/** Of a small file; a manifest has a line for each class. */
export const MAX_TEXT_BYTES = 2 ** 26;

/** Where the files of features are kept. */
export interface Store {
  /** What error messages call it. */
  readonly name: string;
  /** Names of the complete files; none if there is no such place. */
  names(): Promise<readonly string[]>;
  /** Opens a file to read pieces of it; undefined if there is none. */
  file(name: string): Promise<Slices | undefined>;
  /** Content of a small file; undefined if there is none. */
  text(name: string): Promise<string | undefined>;
  /** Writes a small file, unless there is one of that name. */
  create(name: string, text: string): Promise<void>;
  /**
   * Writes a file completely or not at all, piece by piece. Several processes may write the same content under one name: nothing
   * is lost, and one of them stays.
   */
  write(name: string, build: (append: Append) => Promise<void>): Promise<void>;
}
