import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import sharp from 'sharp';
import { holdOut, type Picture, type PictureSet } from './pictures.js';

/** What sharp decodes; other files in the folder are none of ours. */
const EXTENSION = /\.(avif|gif|jpe?g|png|tiff?|webp)$/i;

async function decode(path: string, height: number, width: number): Promise<Uint8Array> {
  try {
    // Upright by its EXIF orientation, in colour, and without an alpha channel.
    return await sharp(path)
      .rotate()
      .resize(width, height, { fit: 'fill' })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer();
  } catch (error) {
    throw new Error(`${path}: expected a picture, got a file that can't be decoded`, {
      cause: error,
    });
  }
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

async function picturesIn(root: string, folder: string, label: number): Promise<Picture[]> {
  const files = (await readdir(folder)).filter((file) => EXTENSION.test(file)).sort();
  return files.map((file) => {
    const path = join(folder, file);
    return {
      name: relative(root, path),
      label,
      decode: (height, width) => decode(path, height, width),
    };
  });
}

/**
 * A user's own pictures: one sub-folder a class. Where the folder holds `train` and `val` (or `test`),
 * each with the classes in it, that split is kept; else one picture in five is held out.
 */
export async function pictureFolder(root: string): Promise<PictureSet> {
  if (!existsSync(root))
    throw new Error(`--data: expected a folder, got ${root}, which isn't there`);
  const names = await subfolders(root);
  const unseenName = ['val', 'test'].find((name) => names.includes(name));
  const isSplit = names.includes('train') && unseenName !== undefined;
  const classes = isSplit ? await subfolders(join(root, 'train')) : names;
  if (classes.length < 2) {
    throw new Error(
      `--data: expected a sub-folder for each of two or more classes, got ${classes.length} in ${root}`,
    );
  }

  const train: Picture[] = [];
  const unseen: Picture[] = [];
  for (const [label, name] of classes.entries()) {
    if (isSplit) {
      train.push(...(await picturesIn(root, join(root, 'train', name), label)));
      unseen.push(...(await picturesIn(root, join(root, unseenName, name), label)));
    } else {
      const parted = holdOut(await picturesIn(root, join(root, name), label));
      train.push(...parted.train);
      unseen.push(...parted.unseen);
    }
  }
  for (const [label, name] of classes.entries()) {
    for (const [part, pictures] of Object.entries({ train, unseen })) {
      if (!pictures.some((picture) => picture.label === label)) {
        throw new Error(
          `--data: expected pictures of "${name}" both to train on and to keep unseen, got none ${part === 'train' ? 'to train on' : 'unseen'}; put five or more in its folder`,
        );
      }
    }
  }
  return { title: `pictures in ${basename(root)}`, classes, train, unseen };
}
