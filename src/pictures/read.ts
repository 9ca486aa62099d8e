import { ArgumentError, reject, requireOptions } from '../errors.js';
import { isStream, partOfStream } from './batches.js';
import { classesOf, MULTI_LABEL, requireClasses, requireEachClass } from './classes.js';
import { type FileSource, pictureFiles } from './files.js';
import { type ListedPicture, partInHand } from './in-hand.js';
import type { Numbering } from './multi-label.js';
import {
  NOTHING_LEFT_OUT,
  type PictureSet,
  type ReadOptions,
  type WholeOptions,
  type WholePart,
} from './set.js';
import { asksForShare, DEFAULT_SHARE, requireHoldOut } from './split.js';
import { splitPictures } from './split-pictures.js';
import type { BatchStream, LabelledPicture, Pictures } from './types.js';

const EXPECTED =
  'the path of a folder or a .csv file, a list of { picture, label }, or batches of images';

const isPath = (value: unknown): value is string | URL =>
  typeof value === 'string' || value instanceof URL;

/** Checks a label, or a list of them. */
function requireLabel(subject: string, label: unknown, multiLabel: boolean): void {
  const isName = (value: unknown) => typeof value === 'string' && value !== '';
  if (isName(label) || (multiLabel && Array.isArray(label) && label.every(isName))) return;
  if (multiLabel) reject(subject, 'the names of its classes', label);
  const remedy = Array.isArray(label) ? MULTI_LABEL : undefined;
  reject(subject, 'the name of its class', label, remedy);
}

/** Checks a list of labelled pictures, which may come from JavaScript. */
function requireLabelledPictures(
  list: readonly unknown[],
  multiLabel: boolean,
): asserts list is readonly LabelledPicture[] {
  for (const [i, each] of list.entries()) {
    const subject = `pictures[${i}]`;
    requireOptions(subject, each);
    const { picture, label } = each as Partial<Record<keyof LabelledPicture, unknown>>;
    requireLabel(`${subject}.label`, label, multiLabel);
    if (picture === undefined || picture === null) {
      reject(`${subject}.picture`, 'a picture', picture);
    }
  }
  if (list.length === 0) reject('pictures', 'at least one picture', list);
}

/** Converts the labels of a list to class indices; each object may occur only once. */
function listed(
  list: readonly LabelledPicture[],
  numberOf: Numbering['numberOf'],
): readonly ListedPicture[] {
  const places = new Map<unknown, number>();
  return list.map(({ picture, label }, i) => {
    const subject = `pictures[${i}].picture`;
    const first = places.get(picture);
    if (first !== undefined) {
      throw new ArgumentError(
        `${subject}: expected each picture once, got that of pictures[${first}] again; remove one of them`,
      );
    }
    places.set(picture, i);
    return { subject, picture, label: numberOf(label) };
  });
}

/** Numbers labels by their class or, if a picture can have several, by their set. */
async function numberingOf(classes: readonly string[], multiLabel: boolean): Promise<Numbering> {
  // Imported on demand: most pictures have one label.
  if (multiLabel) return (await import('./multi-label.js')).numbering(classes, true);
  return { numberOf: (label) => classes.indexOf(String(label)), labelSets: undefined };
}

async function readInHand(
  list: readonly LabelledPicture[],
  { classes: named, validation, seed, multiLabel = false }: ReadOptions,
): Promise<PictureSet> {
  const names = list.flatMap(({ label }) => label);
  const classes = classesOf(names, named);
  requireEachClass(names, classes);
  const { numberOf, labelSets } = await numberingOf(classes, multiLabel);
  const pictures = listed(list, numberOf);
  // By default, nothing is held out if every class has only one picture.
  const isSplit =
    asksForShare(validation) && (validation !== undefined || new Set(names).size < names.length);
  const { train, validation: held } = isSplit
    ? await splitPictures(pictures, { validation: validation ?? DEFAULT_SHARE, seed }, labelSets)
    : { train: pictures, validation: [] };
  return {
    classes,
    train: partInHand(train, labelSets),
    validation: held.length === 0 ? undefined : partInHand(held, labelSets),
    ...NOTHING_LEFT_OUT,
  };
}

/** The form in which pictures are passed. */
type Kind =
  | {
      readonly name: 'files';
      readonly source: FileSource;
      readonly node: ReturnType<(typeof pictureFiles)['require']>;
    }
  | { readonly name: 'list'; readonly list: readonly LabelledPicture[] }
  | { readonly name: 'batches'; readonly stream: BatchStream };

const isListOfPaths = (list: readonly unknown[]): boolean =>
  list.length > 0 &&
  list.every((each) => isPath((each as Partial<LabelledPicture> | null)?.picture));

const isBatch = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'images' in value;

/** @throws ArgumentError if they aren't pictures, or are paths in a browser */
function kindOf(pictures: Pictures, multiLabel: boolean): Kind {
  const given: unknown = pictures;
  const isList = Array.isArray(given) && !isBatch(given[0]);
  if (isList) requireLabelledPictures(given as readonly unknown[], multiLabel);
  if (isPath(given) || (isList && isListOfPaths(given as readonly unknown[]))) {
    const source = given as FileSource;
    const node = pictureFiles.require('pictures', 'pictures that the page holds', source);
    return { name: 'files', source, node };
  }
  if (isList) return { name: 'list', list: given as readonly LabelledPicture[] };
  if (!isStream(given)) reject('pictures', EXPECTED, given);
  return { name: 'batches', stream: given };
}

function requireExclude(exclude: unknown): void {
  if (Array.isArray(exclude) && exclude.every(isPath)) return;
  reject('exclude', 'a list of paths', exclude);
}

/**
 * Finds the pictures and their classes, and splits off validation pictures.
 *
 * @throws ArgumentError if the pictures or an option are invalid, or paths are passed in a browser
 */
export async function readPictures(pictures: Pictures, options: ReadOptions): Promise<PictureSet> {
  const { validation, seed, classes, multiLabel = false, exclude = [] } = options;
  const share = asksForShare(validation) ? validation : undefined;
  requireHoldOut({ validation: share ?? DEFAULT_SHARE, seed });
  requireExclude(exclude);
  const kind = kindOf(pictures, multiLabel);
  if (kind.name === 'files') return kind.node.readPictures(kind.source, options);
  if (exclude.length > 0) reject('exclude', 'none for pictures that are not files', exclude);
  if (kind.name === 'list') return readInHand(kind.list, options);
  if (share !== undefined) {
    reject('validation', "pictures to validate on, as batches can't be split", share);
  }
  requireClasses(classes);
  return {
    classes,
    train: partOfStream(kind.stream, { classes: classes.length, multiLabel }),
    validation: undefined,
    ...NOTHING_LEFT_OUT,
  };
}

/**
 * Reads pictures to evaluate on.
 *
 * @param classes the classes that they may have
 * @throws ArgumentError if one has another class
 */
export async function readPart(
  pictures: Pictures,
  classes: readonly string[],
  options: WholeOptions = {},
): Promise<WholePart> {
  const { multiLabel = false } = options;
  const kind = kindOf(pictures, multiLabel);
  switch (kind.name) {
    case 'files':
      return kind.node.readPart(kind.source, classes, options);
    case 'list': {
      const named = classesOf(
        kind.list.flatMap(({ label }) => label),
        classes,
      );
      const { numberOf, labelSets } = await numberingOf(named, multiLabel);
      return { part: partInHand(listed(kind.list, numberOf), labelSets), ambiguous: [] };
    }
    case 'batches':
      return {
        part: partOfStream(kind.stream, { classes: classes.length, multiLabel }),
        ambiguous: [],
      };
  }
}
