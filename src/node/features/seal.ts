import { createHash, type Hash } from 'node:crypto';

/** Stands for the hash while the file is hashed. */
export const BLANK = '0'.repeat(64);

/** What precedes the hash in a file; no text in JSON contains it, as its quotes would be escaped. */
const MARK = '"sha256":"';

/** Where the hash stands in the last bytes of a file; undefined if it isn't there. */
export function placeOfSeal(footer: Uint8Array): number | undefined {
  const bytes = Buffer.from(footer.buffer, footer.byteOffset, footer.byteLength);
  const mark = bytes.lastIndexOf(MARK);
  const place = mark + MARK.length;
  const isThere = mark >= 0 && /^[\da-f]{64}$/.test(bytes.toString('latin1', place, place + 64));
  return isThere ? place : undefined;
}

/**
 * Hashes a file as it is written, and puts the hash into its last bytes, where there is a {@link BLANK}: so a file tells by itself
 * whether any of its bytes has changed.
 */
export class Seal {
  private readonly hash: Hash = createHash('sha256');

  add(bytes: Uint8Array): void {
    this.hash.update(bytes);
  }

  /** Changes the last bytes of the file. */
  put(footer: Uint8Array): void {
    const place = placeOfSeal(footer);
    if (place === undefined) throw new Error('no room for the hash');
    this.hash.update(footer);
    footer.set(Buffer.from(this.hash.digest('hex'), 'latin1'), place);
  }
}

/** What a file is read from. */
export interface Slices {
  /** What error messages call it. */
  readonly name: string;
  readonly size: number;
  /** Reads the bytes from one position to another; fewer only if the file is shorter. */
  slice(from: number, to: number): Promise<Uint8Array>;
}

const PIECE_BYTES = 4 * 2 ** 20;

/**
 * Whether a file is as it was written.
 *
 * @param place of the hash in the file
 */
export async function isSealed(file: Slices, place: number): Promise<boolean> {
  const end = place + BLANK.length;
  const expected = Buffer.from(await file.slice(place, end)).toString('latin1');
  const hash = createHash('sha256');
  const add = async (from: number, to: number) => {
    for (let at = from; at < to; at += PIECE_BYTES) {
      hash.update(await file.slice(at, Math.min(to, at + PIECE_BYTES)));
    }
  };
  await add(0, place);
  hash.update(BLANK);
  await add(end, file.size);
  return hash.digest('hex') === expected;
}
