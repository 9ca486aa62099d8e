import type { InputSize, LabelledPicture } from 'resnet-heads';
import sharp from 'sharp';
import { listFolder } from '../../src/node/images/layout.js';
import { splitByClass } from '../../src/pictures/split.js';
import type { LabelledFile } from '../../src/pictures/types.js';

const HELD_OUT = 0.2;

/** Squeezed to the size, where the package cuts the middle out: the results were taken of whole pictures. */
async function decode(path: string, [height, width]: InputSize) {
  const data = await sharp(path)
    .rotate()
    .resize(width, height, { fit: 'fill' })
    .removeAlpha()
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer();
  return { data: new Uint8Array(data), width, height };
}

/** The user's own pictures: those of `train` and `val`, or one in five of each class to test on. */
export async function photographs(folder: string, size: InputSize) {
  const { classes, train, held } = await listFolder(folder);
  const split = held
    ? { train, validation: held.files }
    : splitByClass(train, { validation: HELD_OUT });
  const read = (files: readonly LabelledFile[]): Promise<LabelledPicture[]> =>
    Promise.all(
      files.map(async ({ path, label }) => ({
        picture: await decode(path, size),
        label: classes[label] ?? '',
      })),
    );
  return { classes, pool: await read(split.train), test: await read(split.validation) };
}
