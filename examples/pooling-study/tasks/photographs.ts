import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Backbone } from 'resnet-heads';
import sharp from 'sharp';
import { readImageFolder } from '../../../src/node/images/folder.js';
import { VARIANTS } from '../variants.js';
import type { NamedFile } from './persons.js';
import type { Task } from './task.js';

/** Subfolders that pictures are taken from together. */
const PARTS = ['train', 'val', 'test'];
/** Of the smallest class, what is tested on and trained on at `'all'`. */
const [TEST, TRAIN] = [1 / 4, 7 / 10];
/** So many of a class are enough to test on. */
const MOST_TO_TEST = 50;

/** The middle of a picture file, resized, as RGB. */
export const pixelsOf = async (
  file: string | Uint8Array,
  [height, width]: Backbone['inputSize'],
): Promise<Uint8Array> => {
  const data = await sharp(file)
    .rotate()
    .resize(width, height, { fit: 'cover' })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  return new Uint8Array(data);
};

/** The picture files of a folder with one subfolder per class, or with such parts. */
async function listed(folder: string) {
  const names = await readdir(folder);
  const parts = PARTS.filter((part) => names.includes(part)).map((part) => join(folder, part));
  const read = await Promise.all(
    (parts.length > 0 ? parts : [folder]).map((each) => readImageFolder(each)),
  );
  const classes = read[0]?.classes ?? [];
  for (const each of read) {
    if (String(each.classes) !== String(classes)) {
      throw new Error(`${folder}: expected the same classes in each part`);
    }
  }
  return { classes, files: read.flatMap(({ images }) => images) };
}

export interface PhotographOptions {
  readonly title: string;
  readonly backbone: Backbone;
  readonly description: string;
  /** The block of each file; see `Pool`. */
  readonly blocksOf?: (files: readonly NamedFile[]) => readonly number[];
}

/** Photographs in a folder, one subfolder per class. */
export async function photographsTask(
  folder: string,
  { title, backbone, description, blocksOf }: PhotographOptions,
): Promise<Task> {
  const { classes, files } = await listed(folder);
  const labels = Int32Array.from(files, ({ label }) => label);
  const counts = classes.map((_, label) => labels.filter((each) => each === label).length);
  const least = Math.min(...counts);
  const pictures: Uint8Array[] = [];
  for (const { path } of files) pictures.push(await pixelsOf(path, backbone.inputSize));
  const blocks = blocksOf?.(files.map(({ path, label }) => ({ name: basename(path), label })));
  return {
    ...{ name: basename(folder), title, classes, backbone, description, labels, pictures },
    ...(blocks && { blocks: Int32Array.from(blocks) }),
    testPerClass: Math.min(MOST_TO_TEST, Math.floor(TEST * least)),
    trainPerClass: Math.floor(TRAIN * least),
    variants: VARIANTS,
  };
}

/** Whether there is a folder or file. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
