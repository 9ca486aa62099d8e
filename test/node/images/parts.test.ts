import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { listFolder, type PartsOptions } from '../../../src/node/images/layout';
import { partsOf } from '../../../src/node/images/parts';
import { readPictures } from '../../../src/pictures/read';
import { makeFolder, write } from './draw';

let folder: string;
beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Begins as a PNG does. */
const png = (content: string) => Buffer.from(`\x89PNG\r\n\x1a\n${content}`, 'latin1');

/** Makes pictures, each with content of its own. */
const touch = (...names: string[]) =>
  write(folder, Object.fromEntries(names.map((name) => [name, png(name)])));

/** Two classes with two pictures each in every one of the folders. */
const parts = (...names: string[]) => {
  touch(
    ...names.flatMap((name) =>
      ['cat', 'dog'].flatMap((label) => [1, 2].map((i) => `${name}/${label}/${i}.png`)),
    ),
  );
};

const pathsIn = (images: readonly { readonly path: string }[]) =>
  images.map(({ path }) => relative(folder, path));

/** The folders that pictures were taken from. */
const placesOf = (images: readonly { readonly path: string }[]) => [
  ...new Set(pathsIn(images).map((path) => path.split('/').slice(0, -2).join('/'))),
];

async function readParts(place: string, options: PartsOptions = {}) {
  const listing = await listFolder(place);
  return { ...(await partsOf(listing, options)), unused: listing.unused };
}

async function complaint(): Promise<string> {
  const error: unknown = await readParts(folder).then(
    () => 'nothing was thrown',
    (reason: unknown) => reason,
  );
  expect(error).toHaveProperty('name', 'ArgumentError');
  return (error as Error).message;
}

describe('a folder is parted', () => {
  it.each([
    ['train', 'val'],
    ['train', 'valid'],
    ['train', 'validation'],
    ['train', 'dev'],
    ['training', 'validation'],
    ['Train', 'Val'],
    ['TRAINING', 'Validation'],
  ])('trains on %s and validates on %s', async (train, validation) => {
    parts(train, validation);
    const found = await readParts(folder);
    expect(found.classes).toEqual(['cat', 'dog']);
    expect(placesOf(found.train)).toEqual([train]);
    expect(placesOf(found.validation)).toEqual([validation]);
    expect([found.train.length, found.validation.length]).toEqual([4, 4]);
    expect(found.unused).toEqual([]);
  });

  it.each(['test', 'Test', 'testing'])('uses %s for neither, and says so', async (test) => {
    parts('train', 'valid', test);
    const found = await readParts(folder);
    expect(placesOf([...found.train, ...found.validation])).toEqual(['train', 'valid']);
    expect(found.unused).toEqual([join(folder, test)]);
  });

  it('holds a share of each class out where there are no parts, and passes hidden folders over', async () => {
    touch(...['cat', 'dog'].flatMap((label) => [1, 2, 3, 4, 5].map((i) => `${label}/${i}.png`)));
    touch('.val/1.png', '__MACOSX/train/1.png');
    const found = await readParts(folder);
    expect(found.classes).toEqual(['cat', 'dog']);
    expect([found.train.length, found.validation.length]).toEqual([8, 2]);
    expect(found.unused).toEqual([]);
  });

  it.each([
    [['train', 'val', 'valid'], /got "train", "val" and "valid"; .*one folder for validation/],
    [['train', 'training', 'val'], /got "train", "training" and "val"; .*one folder for training/],
    [['train', 'Train', 'val'], /got "Train", "train" and "val"; .*one folder for training/],
    [
      ['train', 'test'],
      /got "test" and "train"; rename "test" to "val" if .*, or pass .*train, and a fraction/,
    ],
    [
      ['train'],
      /got "train"; add one called "val", or pass .*train, and a fraction of it will be held out/,
    ],
    [['val', 'test'], /got "test" and "val"; .*add one called "train"/],
    [['test'], /got "test"; .*add one called "train"/],
  ])('refuses %j alone', async (names, message) => {
    parts(...names);
    expect(await complaint()).toMatch(message);
  });

  it('refuses parts beside classes', async () => {
    parts('train', 'val');
    touch('cat/1.png', 'dog/1.png', 'bird/1.png', 'cow/1.png');
    expect(await complaint()).toBe(
      `${folder}: expected either class folders, or train and val folders that contain them, got "train" and "val" beside "bird", "cat", "cow" and 1 more; move "train" and "val" elsewhere, or rename it if it is a class`,
    );
    rmSync(join(folder, 'train'), { recursive: true });
    rmSync(join(folder, 'val'), { recursive: true });
    // Pictures without a class, as in Kaggle's data sets, must not become one.
    touch('test/1.png');
    expect(await complaint()).toMatch(/got "test" beside "bird"/);
  });

  it('refuses other classes in validation, and a single class', async () => {
    parts('train', 'val');
    touch('train/bird/1.png', 'val/cow/1.png');
    expect(await complaint()).toMatch(
      /expected the same classes in train and val, got "bird" in train only and "cow" in val only/,
    );
    rmSync(folder, { recursive: true });
    touch('train/cat/1.png', 'val/cat/2.png');
    expect(await complaint()).toMatch(/two or more, .* got ".*train"; it has one subfolder/);
    rmSync(folder, { recursive: true });
    touch('cat/1.png');
    expect(await complaint()).toMatch(/two or more, .* it has one subfolder, "cat"/);
  });

  it('refuses a share to hold out where the folder has validation pictures', async () => {
    parts('train', 'val');
    await expect(readParts(folder, { validation: 0.3 })).rejects.toThrow(
      `validation: expected none, as ${folder} has "val" to validate on, got 0.3; leave it out`,
    );
    await expect(readParts(folder, { validation: 'none' })).rejects.toThrow(
      `pictures: expected one part of a data set, got "${folder}"; it has "val" to validate on: pass the folder of one part`,
    );
    const options = { validation: 1 };
    await expect(readPictures('nowhere', options)).rejects.toThrow(
      'validation: expected a number above 0 and below 1',
    );
  });

  it('draws the same pictures from a list in another order', async () => {
    touch(...['cat', 'dog'].flatMap((label) => [1, 2, 3, 4, 5].map((i) => `${label}/${i}.png`)));
    const listing = await listFolder(folder);
    const reversed = { ...listing, train: [...listing.train].reverse() };
    const [{ validation }, other] = [await partsOf(listing, {}), await partsOf(reversed, {})];
    expect(validation).toHaveLength(2);
    expect(pathsIn(other.validation).sort()).toEqual(pathsIn(validation).sort());
  });

  it('holds nothing out of classes with one each picture each, unless it is asked to', async () => {
    touch('cat/1.png', 'dog/1.png');
    const { train, validation } = await readParts(folder);
    expect([train.length, validation.length]).toEqual([2, 0]);
    await expect(readParts(folder, { validation: 0.2 })).rejects.toThrow(
      'expected a class with two or more pictures to hold some out, got 2 classes with one each',
    );
  });
});

describe('the same picture is found', () => {
  const contents = (files: Readonly<Record<string, string>>) =>
    write(
      folder,
      Object.fromEntries(Object.entries(files).map(([name, content]) => [name, png(content)])),
    );
  const at = (path: string) => join(folder, path);

  it('in training and in validation, and only validates on it', async () => {
    parts('train', 'val');
    contents({ 'val/cat/1.png': 'a', 'train/cat/x.png': 'a', 'train/cat/y.png': 'a' });
    const { train, validation, duplicates } = await readParts(folder);
    expect(duplicates).toEqual({
      acrossClasses: [],
      acrossParts: [[at('train/cat/x.png'), at('train/cat/y.png'), at('val/cat/1.png')]],
    });
    expect([train.length, validation.length]).toEqual([4, 4]);
    const hashes = new Set(train.map(({ sha256 }) => sha256));
    expect(validation.filter(({ sha256 }) => hashes.has(sha256))).toEqual([]);
    rmSync(at('val'), { recursive: true });
    contents({ 'val/cat/1.png': 'train/cat/1.png', 'val/cat/2.png': 'train/cat/2.png' });
    contents({ 'val/cat/3.png': 'a', 'val/dog/1.png': 'b' });
    expect(await complaint()).toMatch(/training pictures of "cat", got only copies/);
  });

  it('in two classes, and uses it for neither', async () => {
    parts('.');
    contents({ 'cat/3.png': 'a', 'dog/4.png': 'a' });
    const { train, validation, duplicates } = await readParts(folder);
    expect(duplicates).toEqual({
      acrossClasses: [[at('cat/3.png'), at('dog/4.png')]],
      acrossParts: [],
    });
    expect(pathsIn([...train, ...validation]).sort()).toEqual([
      ...['cat/1.png', 'cat/2.png', 'dog/1.png', 'dog/2.png'],
    ]);
    contents({ 'cow/1.png': 'a', 'cow/2.png': './cat/1.png' });
    expect(await complaint()).toMatch(/training pictures of "cow", got only copies/);
    rmSync(folder, { recursive: true });
    parts('train');
    contents({ 'val/cat/1.png': 'train/dog/1.png', 'val/dog/1.png': 'train/cat/1.png' });
    expect(await complaint()).toMatch(/expected pictures to validate on, got only copies/);
  });

  it('several times in a class, and keeps its copies together', async () => {
    for (const label of ['cat', 'dog']) {
      contents(
        Object.fromEntries(
          'a b c d e f g h'
            .split(' ')
            .map((name, i) => [`${label}/${name}.png`, `${label} ${i % 4}`]),
        ),
      );
    }
    for (let seed = 0; seed < 20; seed++) {
      const { train, validation, duplicates } = await readParts(folder, { seed });
      expect([train.length, validation.length]).toEqual([12, 4]);
      const hashes = new Set(train.map(({ sha256 }) => sha256));
      expect(validation.filter(({ sha256 }) => hashes.has(sha256))).toEqual([]);
      expect(duplicates).toEqual({ acrossClasses: [], acrossParts: [] });
    }
  });

  it('and does not take what is no picture for one', async () => {
    parts('.');
    write(folder, {
      'cat/3.png': '',
      'dog/3.png': '',
      'cat/4.png': '<html>',
      'dog/4.png': '<html>',
    });
    const { train, validation, duplicates } = await readParts(folder);
    expect(duplicates.acrossClasses).toEqual([]);
    // Whoever decodes them says what is wrong with them.
    expect([...train, ...validation].filter(({ sha256 }) => sha256 === undefined)).toHaveLength(4);
  });
});
