import { rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readPictureFiles, readKnownFiles } from '../../../src/node/pictures';
import type { Part } from '../../../src/pictures/set';
import { makeFolder, write } from './draw';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Begins as a PNG does. */
const png = (content: string) => Buffer.from(`\x89PNG\r\n\x1a\n${content}`, 'latin1');

/** Makes pictures: the path and what is in each. */
const draw = (pictures: Readonly<Record<string, string>>) => {
  write(
    folder,
    Object.fromEntries(Object.entries(pictures).map(([path, content]) => [path, png(content)])),
  );
};

/** The labels of each file by its path. */
const labelsIn = (part: Part | undefined, classes: readonly string[]) =>
  Object.fromEntries(
    (part?.files ?? []).map(({ path, label }) => [
      relative(folder, path),
      part?.labelSets?.[label]?.map((each) => classes[each]),
    ]),
  );

const SEVERAL = { multiLabel: true } as const;

describe('pictures with several labels in a folder', () => {
  it('have the labels of all folders that they are in, and are there once', async () => {
    draw({
      ...{ 'cat/1.png': 'both', 'cat/2.png': 'a cat', 'dog/other name.png': 'both' },
      ...{ 'dog/3.png': 'a dog', 'cat/copy.png': 'a cat', 'bird/4.png': 'a bird' },
    });
    symlinkSync(at('dog/3.png'), at('bird/link.png'));
    const { classes, train, validation, duplicates } = await readPictureFiles(folder, {
      ...SEVERAL,
      validation: 0,
    });
    expect(classes).toEqual(['bird', 'cat', 'dog']);
    expect(labelsIn(train, classes)).toEqual({
      ...{ 'bird/4.png': ['bird'], 'bird/link.png': ['bird', 'dog'] },
      ...{ 'cat/1.png': ['cat', 'dog'], 'cat/2.png': ['cat'] },
    });
    expect(validation).toBeUndefined();
    expect(duplicates).toEqual({ acrossClasses: [], acrossParts: [] });
  });

  it('are left out as before without multiLabel', async () => {
    draw({ 'cat/1.png': 'both', 'cat/2.png': 'a', 'dog/1.png': 'both', 'dog/2.png': 'b' });
    const { train, duplicates } = await readPictureFiles(folder, { validation: 0 });
    expect(train.files?.map(({ path }) => relative(folder, path))).toEqual([
      'cat/2.png',
      'dog/2.png',
    ]);
    expect(duplicates.acrossClasses).toHaveLength(1);
  });

  it('that are in both parts are used for validation only, with the labels of both', async () => {
    draw({
      ...{ 'train/cat/1.png': 'x', 'train/cat/2.png': 'cat', 'train/dog/3.png': 'dog' },
      ...{ 'val/cat/4.png': 'other', 'val/dog/5.png': 'x' },
    });
    const { classes, train, validation, duplicates } = await readPictureFiles(folder, SEVERAL);
    expect(labelsIn(train, classes)).toEqual({
      'train/cat/2.png': ['cat'],
      'train/dog/3.png': ['dog'],
    });
    expect(labelsIn(validation, classes)).toEqual({
      'train/cat/1.png': ['cat', 'dog'],
      'val/cat/4.png': ['cat'],
    });
    expect(duplicates.acrossParts).toEqual([[at('train/cat/1.png'), at('val/dog/5.png')]]);
  });

  it('are split so that no content is on both sides', async () => {
    const names = ['cat', 'dog'];
    draw(
      Object.fromEntries(
        Array.from({ length: 40 }, (_, i) => [`${names[i % 2]}/${i}.png`, String(i % 30)]),
      ),
    );
    const { train, validation } = await readPictureFiles(folder, SEVERAL);
    const contents = (part: Part | undefined) => part!.files!.map(({ sha256 }) => sha256);
    expect(validation!.count).toBe(6);
    expect(new Set([...contents(train), ...contents(validation)]).size).toBe(30);
    expect(train.count! + validation!.count!).toBe(30);
  });

  it('are evaluated in the order of the classifier’s classes', async () => {
    draw({ 'cat/1.png': 'both', 'dog/2.png': 'both', 'dog/3.png': 'dog' });
    const known = ['dog', 'bird', 'cat'];
    const { part, ambiguous } = await readKnownFiles(folder, known, SEVERAL);
    expect(labelsIn(part, known)).toEqual({ 'cat/1.png': ['dog', 'cat'], 'dog/3.png': ['dog'] });
    expect(part.labelSets).toContainEqual([0, 2]);
    expect(ambiguous).toEqual([]);
  });
});

describe('pictures with several labels in a .csv file', () => {
  const list = async (...rows: string[]) => {
    draw(Object.fromEntries(['1', '2', '3', '4'].map((name) => [`${name}.png`, name])));
    write(folder, { 'pictures.csv': ['path,label,split', ...rows].join('\n') });
    return readPictureFiles(at('pictures.csv'), { ...SEVERAL, validation: undefined });
  };

  it('are separated by |, in any order, and a row may have none', async () => {
    const { classes, train, validation } = await list(
      ...['1.png,indoor | cat,', '2.png,,', '3.png,dog|dog,', '4.png,cat,val'],
    );
    expect(classes).toEqual(['cat', 'dog', 'indoor']);
    expect(labelsIn(train, classes)).toEqual({
      ...{ '1.png': ['cat', 'indoor'], '2.png': [], '3.png': ['dog'] },
    });
    expect(labelsIn(validation, classes)).toEqual({ '4.png': ['cat'] });
  });

  it.each([
    [['1.png,cat|,', '2.png,dog,'], 'a name before and after each |, got "cat|" for 1.png'],
    [
      ['1.png,cat,', '1.png,dog,'],
      'each picture once, got 1.png twice; write all labels of a picture in one row, separated by |',
    ],
    [[',cat,', '2.png,dog,'], 'a path in each row, got none in line 2'],
    [['1.png,,', '2.png,,'], 'pictures of two or more classes'],
    [['1.png,cat,', '2.png,dog,test'], 'training pictures that can be decoded, got none'],
  ])('are refused: %j', async (rows, expected) => {
    await expect(list(...rows)).rejects.toThrow(expected);
  });
});
