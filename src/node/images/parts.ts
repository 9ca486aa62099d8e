import { join } from 'node:path';
import { ArgumentError, reject, requireOptions, show, showList } from '../../errors.js';
import {
  byContent,
  contentOf,
  type Duplicates,
  hashImages,
  partByLabel,
  pathsOf,
} from './duplicates.js';
import { ImageError } from './errors.js';
import { type FolderImage, type ImageFolder, readImageFolder, subFoldersOf } from './folder.js';
import { type HoldOutOptions, requireSplit, splitImages } from './split.js';

/** What is held out if the folder has no part for validation: a share of 0.2 by default. */
export type PartsOptions = Partial<HoldOutOptions>;

/** Pictures to train on and pictures to validate on. */
export interface Parts {
  readonly classes: readonly string[];
  readonly train: readonly FolderImage[];
  readonly validation: readonly FolderImage[];
  /** Paths of folders with test pictures, which are used neither for training nor for validation. */
  readonly unused: readonly string[];
  readonly duplicates: Duplicates;
}

/** What the parts of a data set are usually called: by torchvision, fastai, Roboflow, Hugging Face, Kaggle and Keras's guides. */
const ROLES = {
  train: /^train(ing)?$/i,
  validation: /^(val(id(ation)?)?|dev)$/i,
  test: /^test(ing)?$/i,
} as const;

export interface Layout {
  readonly train: readonly string[];
  readonly validation: readonly string[];
  readonly test: readonly string[];
  /** Sub-folders that aren't called like a part. */
  readonly others: readonly string[];
}

/** The names of a folder's sub-folders, by what they are usually for. */
export async function readLayout(folder: string): Promise<Layout> {
  const { names } = await subFoldersOf(folder);
  const called = (role: RegExp) => names.filter((name) => role.test(name));
  const parts = {
    train: called(ROLES.train),
    validation: called(ROLES.validation),
    test: called(ROLES.test),
  };
  const known = new Set(Object.values(parts).flat());
  return { ...parts, others: names.filter((name) => !known.has(name)) };
}

/** How many names an error lists. */
export const MOST_NAMES = 3;

/** The folders to train and to validate on; nothing where the folder has classes. */
function chooseParts(folder: string, layout: Layout): readonly [string, string] | undefined {
  const { train, validation, test, others } = layout;
  const found = [...train, ...validation, ...test].sort();
  const parts = showList(found);
  if (found.length === 0) return undefined;
  const refuse = (got: string, remedy: string): never => {
    throw new ArgumentError(
      `${folder}: expected either folders of classes, or train and val with those in them, got ${got}; ${remedy}`,
    );
  };
  if (others.length > 0) {
    return refuse(
      `${parts} beside ${showList(others, MOST_NAMES)}`,
      `move ${parts} elsewhere, or rename what is a class`,
    );
  }
  if (train.length > 1) return refuse(parts, 'leave one folder for training');
  if (validation.length > 1) return refuse(parts, 'leave one folder for validation');
  const [[training], [held]] = [train, validation];
  if (training === undefined)
    return refuse(parts, 'add one called "train", or rename what is a class');
  if (held === undefined) {
    const rename =
      test.length === 0
        ? ''
        : `rename ${showList(test)} to "val" if you have other pictures to test on, `;
    return refuse(
      parts,
      `${rename}add one called "val", or name ${join(folder, training)}, of which a share is then held out`,
    );
  }
  return [training, held];
}

const without = (names: readonly string[], others: readonly string[]): readonly string[] =>
  names.filter((name) => !others.includes(name));

/** Reads two folders, which must have the same classes. */
async function readBoth(
  folder: string,
  names: readonly [string, string],
): Promise<readonly [ImageFolder, ImageFolder]> {
  const [train, held] = [
    await readImageFolder(join(folder, names[0])),
    await readImageFolder(join(folder, names[1])),
  ];
  const differences = [
    [names[0], without(train.classes, held.classes)],
    [names[1], without(held.classes, train.classes)],
  ] as const;
  const got = differences
    .filter(([, classes]) => classes.length > 0)
    .map(([name, classes]) => `${showList(classes, MOST_NAMES)} in ${name} only`);
  if (got.length > 0) {
    throw new ArgumentError(
      `${folder}: expected the same classes in ${names.join(' and ')}, got ${got.join(' and ')}`,
    );
  }
  return [train, held];
}

/**
 * Checks that each class has a picture.
 *
 * @param all the pictures of the classes
 * @param good those of them that can be decoded, as far as is known
 * @throws ImageError that names a class without any
 */
export function requirePictureOfEach(
  classes: readonly string[],
  all: readonly FolderImage[],
  good: readonly FolderImage[],
): void {
  const found = new Set(good.map(({ label }) => label));
  const empty = classes.findIndex((_, label) => !found.has(label));
  if (empty === -1) return;
  const count = all.filter(({ label }) => label === empty).length;
  throw new ImageError(
    `class ${show(classes[empty])}: expected pictures that can be decoded to train on, got none among ${count}; replace them, or remove the class`,
  );
}

/** Checks that duplicates have left something of each class to train on. */
function requireEachClass(
  folder: string,
  { classes, train, validation }: Omit<Parts, 'unused' | 'duplicates'>,
): void {
  const empty = classes.find((_, label) => train.every((image) => image.label !== label));
  if (empty !== undefined) {
    throw new ArgumentError(
      `${folder}: expected pictures of ${show(empty)} to train on, got only copies of pictures in other classes or in validation; remove the copies`,
    );
  }
  if (validation.length === 0) {
    throw new ArgumentError(
      `${folder}: expected pictures to validate on, got only copies of pictures in several classes; remove the copies`,
    );
  }
}

/** Holds out a share of each class; copies of one picture stay together. */
function drawParts(images: readonly FolderImage[], options: Required<PartsOptions>) {
  const firsts = [...byContent(images).values()].flatMap((group) => group.slice(0, 1));
  const held = new Set(splitImages(firsts, options).validation.map(contentOf));
  return {
    train: images.filter((image) => !held.has(contentOf(image))),
    validation: images.filter((image) => held.has(contentOf(image))),
  };
}

/**
 * Finds the pictures to train on and the pictures to validate on in a folder. It has either one sub-folder for each
 * class, of which a share is held out; or `train` and `val` (or `training`, `valid`, `validation`, `dev`, in any case)
 * with those sub-folders in them. `test` (or `testing`) beside them is left alone.
 *
 * Pictures are compared by content. The same picture in two classes is left out, and a picture both in training and in
 * validation is used for validation only; `duplicates` names them.
 *
 * @throws ArgumentError where the folder isn't laid out like that, the parts have other classes, or a class has no
 *   pictures; ImageError where none of a class is one
 */
export async function readParts(folder: string, options: PartsOptions = {}): Promise<Parts> {
  requireOptions('options', options);
  const { validation = 0.2, seed = 0 } = options;
  requireSplit({ validation, seed });
  const layout = await readLayout(folder);
  const names = chooseParts(folder, layout);
  if (names !== undefined && options.validation !== undefined) {
    reject(
      'validation',
      `no share to hold out, as ${folder} has ${show(names[1])}`,
      validation,
      'leave it out',
    );
  }
  const [train, held] =
    names === undefined ? [await readImageFolder(folder)] : await readBoth(folder, names);
  const { classes } = train;
  const images = await hashImages([...train.images, ...(held?.images ?? [])]);
  // Of files that aren't pictures it is known by now.
  const isPicture = ({ sha256 }: FolderImage) => sha256 !== undefined;
  requirePictureOfEach(classes, images, images.filter(isPicture));
  const { unambiguous, ambiguous } = partByLabel(images);
  const acrossClasses = pathsOf(ambiguous);
  const unused = layout.test.map((name) => join(folder, name));
  if (held === undefined) {
    // A class may have lost all its pictures.
    requireEachClass(folder, { classes, train: unambiguous, validation: unambiguous });
    const parts = drawParts(unambiguous, { validation, seed });
    return { classes, ...parts, unused, duplicates: { acrossClasses, acrossParts: [] } };
  }
  const inTraining = new Set(train.images.map(({ path }) => path));
  const isHeld = ({ path }: FolderImage) => !inTraining.has(path);
  const seen = [...byContent(unambiguous).values()].filter(
    (group) => new Set(group.map(isHeld)).size > 1,
  );
  const copies = new Set(seen.flat());
  const parts = {
    classes,
    train: unambiguous.filter((image) => !isHeld(image) && !copies.has(image)),
    validation: unambiguous.filter(isHeld),
  };
  requireEachClass(folder, parts);
  return { ...parts, unused, duplicates: { acrossClasses, acrossParts: pathsOf(seen) } };
}
