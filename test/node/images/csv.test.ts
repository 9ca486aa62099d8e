import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listCsv } from '../../../src/node/images/csv';
import { makeFolder, write } from './draw';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const list = async (text: string, named?: readonly string[]) => {
  write(folder, { 'pictures.csv': text });
  return listCsv(at('pictures.csv'), named);
};

describe('a .csv file of pictures', () => {
  it('gives paths from where it lies, and absolute ones as they are', async () => {
    expect(await list('path,label\na/1.png,dog\n/photos/2.png,cat\n../3.png,dog\n')).toEqual({
      place: at('pictures.csv'),
      classes: ['cat', 'dog'],
      train: [
        { path: at('a/1.png'), label: 1 },
        { path: '/photos/2.png', label: 0 },
        { path: at('../3.png'), label: 1 },
      ],
      held: undefined,
      tests: [],
      unused: [],
    });
  });

  it('is read with quotes, a byte order mark, Windows’s lines, empty lines and other columns', async () => {
    const { classes, train } = await list(
      '\ufeffid,label,path\r\n1,"cat, black","a, b.png"\r\n\r\n2, dog ,"say ""hi"".png"\r\n',
    );
    expect(classes).toEqual(['cat, black', 'dog']);
    expect(train.map(({ path }) => path)).toEqual([at('a, b.png'), at('say "hi".png')]);
  });

  it('keeps apart what its split says, in any case, and has the classes of all', async () => {
    const rows = [
      ...['1.png,cat,train', '2.png,dog,', '3.png,dog,TRAINING', '4.png,cat,val'],
      ...['5.png,dog,Validation', '6.png,bird,dev', '7.png,cat,test', '8.png,cat,testing'],
    ];
    const found = await list(`path,label,split\n${rows.join('\n')}`);
    expect(found.classes).toEqual(['bird', 'cat', 'dog']);
    const names = (files: readonly { path: string }[] = []) =>
      files.map(({ path }) => path.slice(folder.length + 1, -4)).join('');
    const parts = [found.train, found.held?.files, found.tests];
    expect(parts.map(names)).toEqual(['123', '456', '78']);
    expect(found.held?.name).toBe('val');
    expect(found.unused).toEqual([`${at('pictures.csv')} (2 rows of test)`]);
  });

  it('labels by the names that it is given', async () => {
    const text = 'path,label\n1.png,cat\n2.png,dog\n';
    const { classes, train } = await list(text, ['dog', 'cat', 'bird']);
    expect(classes).toEqual(['dog', 'cat', 'bird']);
    expect(train.map(({ label }) => label)).toEqual([1, 0]);
    await expect(list(text, ['cat', 'bird'])).rejects.toThrow(
      `${at('pictures.csv')}: expected labels from ["cat", "bird"], got "dog" in line 3; rename it, or remove the row`,
    );
    await expect(list(text, ['cat', 'cat'])).rejects.toThrow('classes: expected two or more');
    const several = 'path,label\n1.png,cat\n2.png,bird|dog\n';
    write(folder, { 'several.csv': several });
    await expect(listCsv(at('several.csv'), ['cat', 'bird'], true)).rejects.toThrow(
      'several.csv: expected labels from ["cat", "bird"], got "dog" in line 3; ',
    );
  });

  it('takes labels with a | for several, unless that is not asked for', async () => {
    const text = 'path,label\n1.png,cat\n2.png,cat|dog\n3.png,dog\n';
    await expect(list(text)).rejects.toThrow(
      `${at('pictures.csv')}: expected one label in each row, got "cat|dog" in line 3; pass multiLabel: true (--multi-label) in training, or a list of pictures if a name contains |`,
    );
    const { classes } = await listCsv(at('pictures.csv'), undefined, true);
    expect(classes).toEqual(['cat', 'dog']);
  });

  it.each<[string, string, string | RegExp]>([
    ['no rows', 'path,label\n', 'expected rows below the names of the columns, got none; add some'],
    ['nothing', '', 'got no rows; add the column names'],
    ['no label', 'path,class\n1.png,cat\n', 'columns path and label, got path, class; add'],
    [
      'semicolons between columns',
      'path;label\n1.png;cat\n',
      'columns path and label, got path;label; separate the columns with commas',
    ],
    ['no path', 'file,label\n1.png,cat\n', 'columns path and label, got file, label; add'],
    [
      'an empty label',
      'path,label\n1.png,cat\n2.png,\n',
      'a label in each row, got none in line 3',
    ],
    [
      'an empty path',
      'path,label\n,cat\n2.png,dog\n',
      'a path and a label in each row, got none in line 2',
    ],
    [
      'another split',
      'path,label,split\n1.png,cat,train\n2.png,dog,extra\n',
      'expected a split of train, val or test, got "extra"; rename it',
    ],
    [
      'a column twice',
      'path,label,label\n1.png,cat,dog\n2.png,dog,cat\n',
      'expected each column once, got "label" twice; rename or remove one of them',
    ],
    [
      'a path twice',
      'path,label\n1.png,cat\n./1.png,dog\n',
      'expected each picture once, got ./1.png twice; remove one of the rows',
    ],
    [
      'one class',
      'path,label\n1.png,cat\n2.png,cat\n',
      /^pictures: expected pictures of two or more classes, got \["cat"\]/,
    ],
    ['a field too many', 'path,label\na, b.png,cat\n', 'expected comma-separated values, got '],
    ['an open quote', 'path,label\n"1.png,cat\n', 'expected comma-separated values, got '],
    ['columns like properties', '__proto__,label\n1.png,cat\n', 'columns path and label, got '],
  ])('is refused with %s', async (_, text, message) => {
    const error: unknown = await list(text).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ArgumentError' });
    expect((error as Error).message).toMatch(message);
    if (typeof message === 'string') {
      expect((error as Error).message).toContain(`${at('pictures.csv')}: expected `);
    }
  });

  it('is refused where its text is not UTF-8: classes that differ in such letters would be one', async () => {
    const text = 'path,label\n1.png,\u00e9\n2.png,\u00e8\n3.png,cat\n';
    writeFileSync(at('latin.csv'), Buffer.from(text, 'latin1'));
    await expect(listCsv(at('latin.csv'))).rejects.toThrow(
      `${at('latin.csv')}: expected text in UTF-8, got another encoding; save it as UTF-8`,
    );
    expect((await list(text)).classes).toEqual(['cat', '\u00e8', '\u00e9']);
  });

  it('is refused where it isn’t there or is a folder', async () => {
    await expect(listCsv(at('none.csv'))).rejects.toThrow(
      `pictures: expected a .csv file that can be read, got "${at('none.csv')}"; ENOENT`,
    );
    write(folder, { 'folder.csv/1.png': '' });
    await expect(listCsv(at('folder.csv'))).rejects.toThrow('EISDIR');
  });
});
