import { reject, requireOptions } from '../errors.js';
import type { Part, PictureSet } from '../pictures/set.js';
import type { LabelledFile } from '../pictures/types.js';

/** The pictures that a classifier was trained on and those that were held out, identified by their content. */
export interface PictureRecord {
  /** The first 16 hexadecimal digits of the SHA-256 of each picture's file, one after another. */
  readonly train: string;
  /** The same for the pictures held out for validation. */
  readonly validation: string;
  /** The same for the pictures that were excluded from both, if any were. */
  readonly excluded?: string;
  /** Whether it was also trained on pictures that can't be identified. @default false */
  readonly partial?: boolean;
}

/** 64 bits: the chance that any two of a million pictures share them is 3 in a hundred million. */
const DIGITS = 16;

const RECORDED = new RegExp(`^([\\da-f]{${DIGITS}})*$`);

const PARTS = ['train', 'validation'] as const;

/** The part of a picture's SHA-256 that a record keeps. */
const recorded = (sha256: string): string => sha256.slice(0, DIGITS);

const recordedIn = (part: string): Set<string> =>
  new Set(part.match(new RegExp(`.{${DIGITS}}`, 'g')));

/** Returns a function that tells whether a picture is in this part of a record. */
export function isIn(part = ''): (file: LabelledFile) => boolean {
  const hashes = recordedIn(part);
  return ({ sha256 }) => sha256 !== undefined && hashes.has(recorded(sha256));
}

/** @throws ArgumentError if it isn't a record */
export function requirePictureRecord(subject: string, value: unknown): void {
  requireOptions(subject, value);
  for (const part of [...PARTS, 'excluded'] as const) {
    const hashes: unknown = (value as Partial<PictureRecord>)[part];
    if (part === 'excluded' && hashes === undefined) continue;
    if (typeof hashes !== 'string' || !RECORDED.test(hashes)) {
      reject(
        `${subject}.${part}`,
        `a string with ${DIGITS} hexadecimal digits per picture`,
        hashes,
      );
    }
  }
  const { partial = false } = value as Partial<PictureRecord>;
  if (typeof partial !== 'boolean') reject(`${subject}.partial`, 'true or false', partial);
}

/** The record of an untrained classifier. */
export const NOTHING_SEEN: PictureRecord = { train: '', validation: '' };

const hashesOf = (part: Pick<Part, 'files'> | undefined): string[] =>
  part?.files?.flatMap(({ sha256 }) => sha256 ?? []) ?? [];

/**
 * Adds the pictures of a training run to a record.
 *
 * @param before undefined if unknown
 */
export function withPictures(
  before: PictureRecord | undefined,
  {
    train,
    validation,
    excluded: files = [],
  }: Pick<PictureSet, 'train' | 'validation' | 'excluded'>,
): PictureRecord | undefined {
  // Only files are identified by their content.
  const isKnown = train.files !== undefined;
  if (!isKnown && (before === undefined || before === NOTHING_SEEN)) return undefined;
  const seen = new Set([...recordedIn(before?.train ?? ''), ...hashesOf(train).map(recorded)]);
  const held = [...recordedIn(before?.validation ?? ''), ...hashesOf(validation).map(recorded)];
  const excluded = new Set([
    ...recordedIn(before?.excluded ?? ''),
    ...hashesOf({ files }).map(recorded),
  ]);
  return {
    train: [...seen].join(''),
    validation: [...new Set(held)].filter((hash) => !seen.has(hash)).join(''),
    ...(excluded.size > 0 && { excluded: [...excluded].join('') }),
    ...((!isKnown || before === undefined || before.partial === true) && { partial: true }),
  };
}

/**
 * Splits pictures as they were split in training: pictures held out then are held out again, and pictures trained on then aren't
 * used for validation, whatever the new split says.
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
