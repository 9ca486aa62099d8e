import { reject, requireOptions } from '../errors.js';
import type { Part, PictureSet } from '../pictures/set.js';
import type { LabelledFile } from '../pictures/types.js';

/** Which pictures a classifier was trained on and which were held out, told by their content. */
export interface PictureRecord {
  /** The first 16 hexadecimal digits of the SHA-256 of each picture's file, one after another. */
  readonly train: string;
  /** The same of those that were held out for validation. */
  readonly validation: string;
}

/** 64 bits: among a million pictures, the chance that any two share them is 3 in a hundred million. */
const DIGITS = 16;

const RECORDED = new RegExp(`^([\\da-f]{${DIGITS}})*$`);

const PARTS = ['train', 'validation'] as const;

/** How a picture with this SHA-256 stands in a record. */
export const recorded = (sha256: string): string => sha256.slice(0, DIGITS);

export const recordedIn = (part: string): Set<string> =>
  new Set(part.match(new RegExp(`.{${DIGITS}}`, 'g')));

/** @throws ArgumentError where it is no record */
export function requirePictureRecord(subject: string, value: unknown): void {
  requireOptions(subject, value);
  for (const part of PARTS) {
    const hashes: unknown = (value as Partial<PictureRecord>)[part];
    if (typeof hashes !== 'string' || !RECORDED.test(hashes)) {
      reject(
        `${subject}.${part}`,
        `a text of ${DIGITS} hexadecimal digits for each picture`,
        hashes,
      );
    }
  }
}

const hashesOf = (part: Part | undefined): string[] =>
  part?.files?.flatMap(({ sha256 }) => sha256 ?? []) ?? [];

/** A record with what was trained on now; nothing where a part isn't made of files. */
export function withPictures(
  before: PictureRecord | undefined,
  train: Part,
  validation: Part | undefined,
): PictureRecord | undefined {
  const parts = validation === undefined ? [train] : [train, validation];
  if (parts.some(({ files }) => files === undefined)) return undefined;
  const seen = new Set([...recordedIn(before?.train ?? ''), ...hashesOf(train).map(recorded)]);
  const held = [...recordedIn(before?.validation ?? ''), ...hashesOf(validation).map(recorded)];
  return {
    train: [...seen].join(''),
    validation: [...new Set(held)].filter((hash) => !seen.has(hash)).join(''),
  };
}

/**
 * Pictures parted as they were in training: what was held out then is held out again, and what was trained on isn't
 * validated on, whatever was drawn now.
 */
export function partedAs(
  record: PictureRecord | undefined,
  set: Pick<PictureSet, 'train' | 'validation'>,
): Pick<PictureSet, 'train' | 'validation'> {
  const { train, validation } = set;
  const only = train.only;
  const held = recordedIn(record?.validation ?? '');
  const trained = recordedIn(record?.train ?? '');
  const isIn = (part: Set<string>, { sha256 }: LabelledFile) =>
    sha256 !== undefined && part.has(recorded(sha256));
  const files = [...(train.files ?? []), ...(validation?.files ?? [])];
  if (only === undefined || !files.some((file) => isIn(held, file))) return set;
  const drawn = new Set(validation?.files);
  const isHeld = (file: LabelledFile) =>
    isIn(held, file) || (drawn.has(file) && !isIn(trained, file));
  return {
    train: only(files.filter((file) => !isHeld(file))),
    validation: only(files.filter(isHeld)),
  };
}
