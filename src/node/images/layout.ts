import { join } from 'node:path';
import { ArgumentError, showList } from '../../errors.js';
import { given } from '../../given.js';
import type { LabelSet } from '../../label-sets.js';
import type { ReadOptions } from '../../pictures/set.js';
import type { Duplicates, LabelledFile } from '../../pictures/types.js';
import { type ImageFolder, readImageFolder, subFoldersOf } from './folder.js';

/** Picture files as listed, before they are read. */
export interface Listing {
  /** What error messages call it. */
  readonly place: string;
  readonly classes: readonly string[];
  readonly train: readonly LabelledFile[];
  /** The classes of each label, if pictures can have several and are listed with them. */
  readonly labelSets?: readonly LabelSet[] | undefined;
  /** The validation part and its name; undefined if there is none. */
  readonly held: { readonly name: string; readonly files: readonly LabelledFile[] } | undefined;
  /** The test part, if it is listed. */
  readonly tests?: readonly LabelledFile[];
  /** Paths of test pictures, which are not used. */
  readonly unused: readonly string[];
  /** Pictures that were left out on request. */
  readonly excluded?: readonly LabelledFile[];
}

/** How listed pictures are split. */
export interface PartsOptions {
  /** As in {@link ReadOptions}. @default 0.2 */
  readonly validation?: ReadOptions['validation'];
  /** Determines which pictures are held out. @default 0 */
  readonly seed?: number | undefined;
  /** Whether a picture can have several labels. @default false */
  readonly multiLabel?: boolean | undefined;
  /** As in {@link ReadOptions}. @default false */
  readonly isAddition?: boolean | undefined;
}

/** Pictures to train on and pictures to validate on. */
export interface Parts {
  readonly classes: readonly string[];
  readonly train: readonly LabelledFile[];
  readonly validation: readonly LabelledFile[];
  readonly duplicates: Duplicates;
  /** The classes of each label, if pictures can have several. */
  readonly labelSets?: readonly LabelSet[] | undefined;
}

/** Usual names of a data set's parts: torchvision, fastai, Roboflow, Hugging Face, Kaggle and Keras's guides. */
const ROLES = {
  train: /^train(ing)?$/i,
  validation: /^(val(id(ation)?)?|dev)$/i,
  test: /^test(ing)?$/i,
} as const;

/** The part that a folder's name stands for, if any. */
export const roleOf = (name: string): keyof typeof ROLES | undefined =>
  (['train', 'validation', 'test'] as const).find((role) => ROLES[role].test(name));

export interface Layout {
  readonly train: readonly string[];
  readonly validation: readonly string[];
  readonly test: readonly string[];
  /** Subfolders that aren't named like a part. */
  readonly others: readonly string[];
}

/** Groups the names of a folder's subfolders by their usual purpose. */
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

/** How many names an error message lists. */
export const MOST_NAMES = 3;

/** The folders to train and to validate on; undefined if the folder contains classes. */
function chooseParts(folder: string, layout: Layout): readonly [string, string] | undefined {
  const { train, validation, test, others } = layout;
  const found = [...train, ...validation, ...test].sort();
  const parts = showList(found);
  if (found.length === 0) return undefined;
  const refuse = (got: string, remedy: string): never => {
    throw new ArgumentError(
      `${folder}: expected either class folders, or train and val folders that contain them, got ${got}; ${remedy}`,
    );
  };
  if (others.length > 0) {
    return refuse(
      `${parts} beside ${showList(others, MOST_NAMES)}`,
      `move ${parts} elsewhere, or rename it if it is a class`,
    );
  }
  if (train.length > 1) return refuse(parts, 'keep one folder for training');
  if (validation.length > 1) return refuse(parts, 'keep one folder for validation');
  const [[training], [held]] = [train, validation];
  if (training === undefined)
    return refuse(parts, 'add one called "train", or rename those that are classes');
  if (held === undefined) {
    const rename =
      test.length === 0
        ? ''
        : `rename ${showList(test)} to "val" if you have other pictures to test on, `;
    return refuse(
      parts,
      `${rename}add one called "val", or pass ${join(folder, training)}, and a fraction of it will be held out`,
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
  least?: number,
): Promise<readonly [ImageFolder, ImageFolder]> {
  const options = given({ least });
  const [train, held] = [
    await readImageFolder(join(folder, names[0]), options),
    await readImageFolder(join(folder, names[1]), options),
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
 * Lists the pictures of a folder. It has either one subfolder per class, or `train` and `val` (or `training`, `valid`,
 * `validation`, `dev`, in any case) that contain those. A `test` (or `testing`) folder beside them is ignored.
 *
 * @param least how many classes there must be, two by default
 * @throws ArgumentError if the folder has another layout, or the parts have different classes
 */
export async function listFolder(folder: string, least?: number): Promise<Listing> {
  const layout = await readLayout(folder);
  const names = chooseParts(folder, layout);
  const unused = layout.test.map((name) => join(folder, name));
  if (names === undefined) {
    const { classes, images: train } = await readImageFolder(folder, given({ least }));
    return { place: folder, classes, train, held: undefined, unused };
  }
  const [{ classes, images: train }, { images: files }] = await readBoth(folder, names, least);
  return { place: folder, classes, train, held: { name: names[1], files }, unused };
}

/** The name of the validation folder; undefined if the folder itself contains classes. */
function heldIn(layout: Layout, known: readonly string[]): string | undefined {
  const { train, validation, test, others } = layout;
  const isOfClasses = [...train, ...validation, ...test].every((name) => known.includes(name));
  return isOfClasses || others.length > 0 || validation.length > 1 ? undefined : validation[0];
}

/**
 * Lists the pictures of a folder to evaluate on: it has one subfolder per class, or the parts that {@link listFolder} takes, of
 * which the validation pictures are listed.
 *
 * @param known the classes
 * @param all whether to list the training pictures, too
 */
export async function listKnown(
  folder: string,
  known: readonly string[],
  all = false,
): Promise<Listing> {
  const layout = await readLayout(folder);
  const held = heldIn(layout, known);
  const [training] = layout.train;
  if (all && held !== undefined && training !== undefined) {
    const [{ classes, images }, { images: others }] = await readBoth(folder, [training, held]);
    const train = [...images, ...others];
    return { place: folder, classes, train, held: undefined, unused: [] };
  }
  const place = held === undefined ? folder : join(folder, held);
  // Pictures of one class of a classifier can be measured.
  const { classes, images: train } = await readImageFolder(place, { least: 1 });
  return { place, classes, train, held: undefined, unused: [] };
}
