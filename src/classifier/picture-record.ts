import { reject, requireOptions } from '../errors.js';
import type { Part, PictureSet } from '../pictures/set.js';
import type { LabelledFile } from '../pictures/types.js';

/** Which pictures a classifier was trained on and which were held out, told by their content. */
export interface PictureRecord {
  /** The first 16 hexadecimal digits of the SHA-256 of each picture's file, one after another. */
  readonly train: string;
  /** The same of those that were held out for validation. */
  readonly validation: string;
  /** Whether it was trained on others, too, of which nothing is known. @default false */
  readonly partial?: boolean;
}

/** 64 bits: among a million pictures, the chance that any two share them is 3 in a hundred million. */
const DIGITS = 16;

const RECORDED = new RegExp(`^([\\da-f]{${DIGITS}})*$`);

const PARTS = ['train', 'validation'] as const;

/** How a picture with this SHA-256 stands in a record. */
const recorded = (sha256: string): string => sha256.slice(0, DIGITS);

const recordedIn = (part: string): Set<string> =>
  new Set(part.match(new RegExp(`.{${DIGITS}}`, 'g')));

/** Says of a picture whether it is in a part of a record. */
export function isIn(part = ''): (file: LabelledFile) => boolean {
  const hashes = recordedIn(part);
  return ({ sha256 }) => sha256 !== undefined && hashes.has(recorded(sha256));
}

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
  const { partial = false } = value as Partial<PictureRecord>;
  if (typeof partial !== 'boolean') reject(`${subject}.partial`, 'true or false', partial);
}

/** Of a classifier that wasn't trained on anything yet. */
export const NOTHING_SEEN: PictureRecord = { train: '', validation: '' };

const hashesOf = (part: Part | undefined): string[] =>
  part?.files?.flatMap(({ sha256 }) => sha256 ?? []) ?? [];

/**
 * A record with what was trained on now.
 *
 * @param before nothing where that isn't known
 */
export function withPictures(
  before: PictureRecord | undefined,
  train: Part,
  validation: Part | undefined,
): PictureRecord | undefined {
  // Pictures in hand aren't told by their content.
  const isKnown = train.files !== undefined;
  if (!isKnown && (before === undefined || before === NOTHING_SEEN)) return undefined;
  const seen = new Set([...recordedIn(before?.train ?? ''), ...hashesOf(train).map(recorded)]);
  const held = [...recordedIn(before?.validation ?? ''), ...hashesOf(validation).map(recorded)];
  return {
    train: [...seen].join(''),
    validation: [...new Set(held)].filter((hash) => !seen.has(hash)).join(''),
    ...((!isKnown || before === undefined || before.partial === true) && { partial: true }),
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
  const wasHeld = isIn(record?.validation);
  const wasTrainedOn = isIn(record?.train);
  const files = [...(train.files ?? []), ...(validation?.files ?? [])];
  const isSeen = (file: LabelledFile) => wasHeld(file) || wasTrainedOn(file);
  if (only === undefined || !files.some(isSeen)) return set;
  const drawn = new Set(validation?.files);
  const isHeld = (file: LabelledFile) => wasHeld(file) || (drawn.has(file) && !wasTrainedOn(file));
  const again = files.filter(isHeld);
  return {
    train: only(files.filter((file) => !isHeld(file))),
    validation: again.length === 0 ? undefined : only(again),
  };
}
