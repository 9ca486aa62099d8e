import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readImageFolder } from '../../../src/node/images/folder';
import { makeFolder, write } from './draw';
import { makeFifo } from '../../setup/fifo';

let folder: string;
beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Makes empty files, each in its folder. */
const touch = (...names: string[]) =>
  write(folder, Object.fromEntries(names.map((name) => [name, ''])));

const link = (from: string, to: string) => {
  symlinkSync(to, join(folder, from));
};

/** What is found, as `label path-in-the-folder`. */
async function found(): Promise<string[]> {
  const { images } = await readImageFolder(folder);
  return images.map(({ path, label }) => `${label} ${relative(folder, path)}`);
}

async function complaint(path: string = folder): Promise<string> {
  const error: unknown = await readImageFolder(path).then(
    () => 'nothing was thrown',
    (reason: unknown) => reason,
  );
  expect(error).toHaveProperty('name', 'ArgumentError');
  return (error as Error).message;
}

const EXPECTED =
  'pictures: expected a folder with one subfolder per class, two or more, or a .csv file';

describe('readImageFolder finds', () => {
  it('classes and pictures, sorted, and counts what else is there', async () => {
    touch(
      'dog/2.png',
      'dog/10.PNG',
      'dog/notes.txt',
      'cat/a.jpeg',
      'cat/b.bmp',
      'cat/c',
      'read.me',
    );
    expect(await readImageFolder(folder)).toEqual({
      classes: ['cat', 'dog'],
      images: [
        { path: join(folder, 'cat/a.jpeg'), label: 0 },
        { path: join(folder, 'dog/10.PNG'), label: 1 },
        { path: join(folder, 'dog/2.png'), label: 1 },
      ],
      ignored: 3,
    });
  });

  it('every extension of what can be decoded', async () => {
    const extensions = 'avif gif jfif jpe jpeg jpg png tif tiff webp'.split(' ');
    touch('b/x.gif', ...extensions.map((extension) => `a/x.${extension}`));
    expect(await found()).toHaveLength(extensions.length + 1);
  });

  it('pictures in folders of folders, one that is called like a picture included', async () => {
    touch('a/1/2/x.png', 'a/y.png/z.png', 'b/x.png');
    expect(await found()).toEqual(['0 a/1/2/x.png', '0 a/y.png/z.png', '1 b/x.png']);
  });

  it('nothing in what systems leave', async () => {
    touch(
      'a/x.png',
      'b/x.png',
      'b/.x.png',
      'b/._y.png',
      'b/Thumbs.db',
      'b/thumbs.db',
      'b/.DS_Store',
    );
    touch('b/desktop.ini', '.git/x.png', '__MACOSX/b/x.png', 'b/.ipynb_checkpoints/x.png');
    expect(await found()).toEqual(['0 a/x.png', '1 b/x.png']);
    expect(await readImageFolder(folder)).toHaveProperty('ignored', 0);
  });

  it('names in every script, by code units', async () => {
    const classes = ['Z', 'a b', 'emoji 🐈', 'É', 'عربي', '猫', '한국', 'line\nbreak', ' leading'];
    touch(...classes.map((name) => `${name}/${name}.png`));
    const sorted = [' leading', 'Z', 'a b', 'emoji 🐈', 'line\nbreak', 'É', 'عربي', '猫', '한국'];
    expect((await readImageFolder(folder)).classes).toEqual(sorted);
    expect(await found()).toEqual(sorted.map((name, label) => `${label} ${name}/${name}.png`));
  });

  it('what links lead to, once', async () => {
    touch('a/x.png', 'b/x.png', 'store/y.png', 'store/deep/z.png');
    rmSync(join(folder, 'b/x.png'));
    link('b/linked', '../store/deep');
    link('b/again', '../store/deep');
    link('b/one.png', '../store/y.png');
    link('c', 'a');
    expect(await found()).toEqual([
      '0 a/x.png',
      '1 b/again/z.png',
      '1 b/one.png',
      '2 c/x.png',
      '3 store/deep/z.png',
      '3 store/y.png',
    ]);
  });

  it('its way out of links that go round', async () => {
    touch('a/x.png', 'a/deep/y.png', 'b/x.png');
    link('a/self', '.');
    link('a/deep/up', '..');
    link('a/root', '..');
    link('a/above', '../..');
    link('a/top', '/');
    link('a/other', '../b');
    link('round', '.');
    link('up', '..');
    link('b/around', '../a/deep/up/self');
    expect(await found()).toEqual(['0 a/deep/y.png', '0 a/x.png', '1 b/x.png']);
  });

  it('links that lead nowhere, for whoever decodes them to say so', async () => {
    touch('a/x.png', 'b/x.png');
    link('a/gone.png', 'nowhere');
    link('a/round.png', 'round.png');
    link('a/gone', 'nowhere');
    expect(await found()).toEqual(['0 a/gone.png', '0 a/round.png', '0 a/x.png', '1 b/x.png']);
  });

  it('no pipe, which would be waited for', async () => {
    touch('a/x.png', 'b/x.png');
    makeFifo(join(folder, 'a/pipe.png'));
    expect(await found()).toEqual(['0 a/x.png', '1 b/x.png']);
    expect(await readImageFolder(folder)).toHaveProperty('ignored', 1);
  });

  it('the same below a link as below the folder', async () => {
    touch('data/a/x.png', 'data/b/x.png');
    link('alias', 'data');
    const { images } = await readImageFolder(join(folder, 'alias'));
    expect(images.map(({ path }) => relative(folder, path))).toEqual([
      'alias/a/x.png',
      'alias/b/x.png',
    ]);
  });
});

describe('readImageFolder rejects', () => {
  it('no folder', async () => {
    const path = join(folder, 'nowhere');
    expect(await complaint(path)).toBe(`${EXPECTED}, got "${path}"; there is no such folder`);
    expect(await complaint('')).toBe('pictures: expected the path of a folder, got ""');
    expect(await complaint(7 as unknown as string)).toBe(
      'pictures: expected the path of a folder, got 7',
    );
  });

  it('a file', async () => {
    const [path = ''] = touch('x.png');
    expect(await complaint(path)).toBe(`${EXPECTED}, got "${path}"; this is another file`);
  });

  it('fewer than two classes', async () => {
    touch('x.png', '.hidden/x.png');
    expect(await complaint()).toBe(`${EXPECTED}, got "${folder}"; it has no subfolder`);
    touch('cat/x.png');
    expect(await complaint()).toBe(`${EXPECTED}, got "${folder}"; it has one subfolder, "cat"`);
  });

  it('a class without a picture', async () => {
    touch('a/x.png');
    mkdirSync(join(folder, 'b'));
    const start = `pictures: expected pictures in each subfolder, got "${join(folder, 'b')}"; it has none`;
    const end = ': add some (.jpg, .png, .webp, .avif, .gif, .tif), or remove it';
    expect(await complaint()).toBe(start + end);
    touch('b/x.bmp', 'b/.hidden.png');
    expect(await complaint()).toBe(`${start}, and 1 file that isn't a picture${end}`);
    touch('b/y.heic');
    expect(await complaint()).toBe(`${start}, and 2 files that aren't pictures${end}`);
  });

  it('options that are none', async () => {
    await expect(readImageFolder(folder, null as never)).rejects.toThrow(
      'options: expected an options object, got null',
    );
  });

  it('a folder that it may not read', async () => {
    touch('a/x.png', 'b/x.png');
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'b'), 0);
    // The super-user reads everything, and so becomes nobody for a while.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(await complaint()).toBe(
        `pictures: expected folders that can be read, got "${join(folder, 'b')}"; reading it failed with EACCES`,
      );
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
    chmodSync(join(folder, 'b'), 0o700);
  });

  it('to go on once it is told to stop', async () => {
    touch('a/x.png', 'b/x.png');
    const reason = new Error('enough');
    await expect(readImageFolder(folder, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });
});
