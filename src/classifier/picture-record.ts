import { reject, requireOptions } from '../errors.js';
import type { PictureSet } from '../pictures/set.js';
import type { LabelledFile } from '../pictures/types.js';

/** For each class, how many pictures of a part it has. */
export interface ClassCounts {
  readonly train: readonly number[];
  readonly validation: readonly number[];
}

/** The pictures that a classifier was trained on and those that were held out, identified by their content. */
export interface PictureRecord {
  /** The first 16 hexadecimal digits of the SHA-256 of each picture's file, one after another. */
  readonly train: string;
  /** The same for the pictures held out for validation. */
  readonly validation: string;
  /** The same for the pictures that were excluded from both, if any were. */
  readonly excluded?: string;
  /**
   * How many pictures each class has. The hashes are then in the order of the classes, and those that follow are of pictures that
   * couldn't be decoded. Unknown if pictures can have several labels, and in records of earlier versions.
   */
  readonly counts?: ClassCounts;
  /** Whether it was also trained on pictures that can't be identified. @default false */
  readonly partial?: boolean;
}

/** 64 bits: the chance that any two of a million pictures share them is 3 in a hundred million. */
const DIGITS = 16;

const RECORDED = new RegExp(`^([\\da-f]{${DIGITS}})*$`);

const PARTS = ['train', 'validation'] as const;

/** The part of a picture's SHA-256 that a record keeps. */
export const recorded = (sha256: string): string => sha256.slice(0, DIGITS);

const recordedIn = (part: string): Set<string> =>
  new Set(part.match(new RegExp(`.{${DIGITS}}`, 'g')));

/** Returns a function that tells whether a picture is in this part of a record. */
export function isIn(part = ''): (file: LabelledFile) => boolean {
  const hashes = recordedIn(part);
  return ({ sha256 }) => sha256 !== undefined && hashes.has(recorded(sha256));
}

/** Checks how many pictures of a part each class has. */
function requireCounts(subject: string, value: unknown, classes: number, pictures: number): void {
  const isCount = (each: unknown) => Number.isSafeInteger(each) && (each as number) >= 0;
  const isList = Array.isArray(value) && value.length === classes && value.every(isCount);
  const total = isList ? (value as readonly number[]).reduce((sum, each) => sum + each, 0) : NaN;
  if (total <= pictures) return;
  reject(
    subject,
    `the number of pictures of each of ${classes} classes, ${pictures} at most in all`,
    value,
  );
}

/**
 * @param classes how many classes there are
 * @throws ArgumentError if it isn't a record
 */
export function requirePictureRecord(subject: string, value: unknown, classes: number): void {
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
  const { partial = false, counts, ...hashes } = value as PictureRecord;
  if (counts !== undefined) {
    requireOptions(`${subject}.counts`, counts);
    for (const part of PARTS) {
      const pictures = hashes[part].length / DIGITS;
      requireCounts(`${subject}.counts.${part}`, counts[part], classes, pictures);
    }
  }
  if (typeof partial !== 'boolean') reject(`${subject}.partial`, 'true or false', partial);
}

/** The record of an untrained classifier. */
export const NOTHING_SEEN: PictureRecord = { train: '', validation: '' };

/** Labels by the recorded hash; undefined for a picture that couldn't be decoded. */
type Labels = Map<string, number | undefined>;

/** The pictures of a part of a record. */
export function labelsIn(
  { counts, ...hashes }: PictureRecord,
  part: 'train' | 'validation',
): ReadonlyMap<string, number | undefined> {
  const labels = counts?.[part].flatMap((count, label) => Array<number>(count).fill(label)) ?? [];
  return new Map([...recordedIn(hashes[part])].map((hash, i) => [hash, labels[i]]));
}

/** Adds files to those of a part, or replaces their labels. */
function addFiles(to: Labels, files: readonly LabelledFile[] = [], good = files): void {
  const decoded = new Set(good);
  for (const file of files) {
    if (file.sha256 === undefined) continue;
    to.set(recorded(file.sha256), decoded.has(file) ? file.label : undefined);
  }
}

/** The hashes in the order of the classes, and how many each class has. */
function byClass(labels: Labels, classes: number) {
  const counts = Array<number>(classes).fill(0);
  for (const label of labels.values()) {
    if (label !== undefined) counts[label] = (counts[label] ?? 0) + 1;
  }
  const last = (label: number | undefined) => label ?? classes;
  const sorted = [...labels].sort(([, a], [, b]) => last(a) - last(b));
  return { hashes: sorted.map(([hash]) => hash), counts };
}

/** The files of both parts that could be decoded. */
export type Decoded = Partial<
  Readonly<Record<'train' | 'validation', readonly LabelledFile[] | undefined>>
>;

/**
 * Adds the pictures of a training run to a record.
 *
 * @param before undefined if unknown
 * @param decoded by default, all
 */
export function withPictures(
  before: PictureRecord | undefined,
  {
    classes,
    train,
    validation,
    excluded: files = [],
  }: Pick<PictureSet, 'classes' | 'train' | 'validation' | 'excluded'>,
  decoded: Decoded = {},
): PictureRecord | undefined {
  // Only files are identified by their content.
  const isKnown = train.files !== undefined;
  const known = before ?? NOTHING_SEEN;
  const isEmpty = known.train === '' && known.validation === '';
  if (!isKnown && isEmpty) return undefined;
  const hasLabels = isKnown && !train.labelSets && (isEmpty || known.counts !== undefined);
  const seen: Labels = new Map(labelsIn(known, 'train'));
  addFiles(seen, train.files, decoded.train);
  const held: Labels = new Map(labelsIn(known, 'validation'));
  addFiles(held, validation?.files, decoded.validation);
  for (const hash of seen.keys()) held.delete(hash);
  const excluded: Labels = new Map([...recordedIn(known.excluded ?? '')].map((hash) => [hash, 0]));
  addFiles(excluded, files);
  const parts = hasLabels && {
    train: byClass(seen, classes.length),
    validation: byClass(held, classes.length),
  };
  return {
    train: (parts ? parts.train.hashes : [...seen.keys()]).join(''),
    validation: (parts ? parts.validation.hashes : [...held.keys()]).join(''),
    ...(excluded.size > 0 && { excluded: [...excluded.keys()].join('') }),
    ...(parts && { counts: { train: parts.train.counts, validation: parts.validation.counts } }),
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
