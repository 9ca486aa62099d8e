import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { ClassifiedFile } from 'resnet-heads';
import { columnsOf } from '../../src/node/predictions/columns';
import { Inbox } from '../../src/node/predictions/inbox';
import { Sorter } from '../../src/node/predictions/sort';
import { appendToCsv, requireTable, writeTable } from '../../src/node/predictions/table';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-predictions-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const CLASSES = ['cat', 'a "big", dog\nor two'];
const [CAT = '', DOG = ''] = CLASSES;
const ANSWERS: readonly ClassifiedFile[] = [
  {
    path: 'a, b.png',
    familiarity: 0.5,
    classes: [
      { className: DOG, probability: 0.9 },
      { className: CAT, probability: 0.1 },
    ],
  },
  { path: 'ü.png', familiarity: 0.01, classes: [] },
];
const COLUMNS = columnsOf({
  ...{ classes: CLASSES, multiLabel: false, familiarity: true, allClasses: true },
});
const ROWS = [
  {
    ...{ path: 'a, b.png', class: DOG, probability: 0.9, familiarity: 0.5 },
    ...{ [`p:${CAT}`]: 0.1, [`p:${DOG}`]: 0.9 },
  },
  {
    ...{ path: 'ü.png', class: 'none', probability: null, familiarity: 0.01 },
    ...{ [`p:${CAT}`]: null, [`p:${DOG}`]: null },
  },
];

// eslint-disable-next-line @typescript-eslint/require-await -- as those of a classifier
async function* stream(answers: readonly ClassifiedFile[] = ANSWERS) {
  yield* answers;
}

const asText = (row: object) =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value === null ? '' : String(value)]),
  );

const readParquet = async (file: string) => {
  const { buffer } = Uint8Array.from(readFileSync(file));
  return { rows: await parquetReadObjects({ file: buffer }), facts: parquetMetadata(buffer) };
};

describe('a table', () => {
  it('in .csv has a row for each picture, quoted where needed, and takes more rows', async () => {
    await writeTable(at('t.csv'), stream(), COLUMNS);
    const read = () => parse(readFileSync(at('t.csv'), 'utf8'), { columns: true }) as unknown;
    expect(read()).toEqual(ROWS.map(asText));
    await appendToCsv(at('t.csv'), stream(), COLUMNS);
    expect(read()).toEqual([...ROWS, ...ROWS].map(asText));
  });

  it('in .json is a list of the answers', async () => {
    await writeTable(at('t.json'), stream(), []);
    expect(JSON.parse(readFileSync(at('t.json'), 'utf8'))).toEqual(ANSWERS);
    await writeTable(at('none.json'), stream([]), []);
    expect(JSON.parse(readFileSync(at('none.json'), 'utf8'))).toEqual([]);
  });

  it('in .parquet has the same rows, in groups', async () => {
    await writeTable(at('t.parquet'), stream(), COLUMNS);
    expect((await readParquet(at('t.parquet'))).rows).toEqual(ROWS);
    const many = Array.from({ length: 25_000 }, () => ANSWERS).flat();
    await writeTable(at('many.parquet'), stream(many), COLUMNS);
    const { rows, facts } = await readParquet(at('many.parquet'));
    expect(rows).toHaveLength(50_000);
    expect(rows.at(-1)).toEqual(ROWS[1]);
    expect(facts.row_groups.length).toBeGreaterThan(3);
    await writeTable(at('none.parquet'), stream([]), COLUMNS);
    expect((await readParquet(at('none.parquet'))).rows).toEqual([]);
  });

  it('of pictures with several labels has those that are present, as training reads them', async () => {
    const options = { classes: ['a', 'b', 'c'], multiLabel: true };
    const columns = columnsOf({ ...options, familiarity: false, allClasses: false });
    const classes = [
      { className: 'c', probability: 0.9, present: true },
      { className: 'a', probability: 0.4, present: true },
      { className: 'b', probability: 0.3, present: false },
    ];
    const none = classes.map((each) => ({ ...each, present: false }));
    await writeTable(
      at('t.csv'),
      stream([
        { path: 'x.png', classes },
        { path: 'y.png', classes: none },
      ]),
      columns,
    );
    expect(readFileSync(at('t.csv'), 'utf8')).toBe('path,classes\nx.png,c|a\ny.png,\n');
    expect(() =>
      columnsOf({ ...options, classes: ['a|b'], familiarity: false, allClasses: false }),
    ).toThrow(/^out: expected class names without \|, got "a\|b"; write a \.json file$/);
  });

  it.each(['t.csv', 't.json', 't.parquet'])(
    '%s replaces nothing, not even a table',
    async (name) => {
      const refused =
        /t\.\w+: expected a new file, got "one that is there"; pass another path, or remove it$/;
      // Somebody may have corrected it.
      await writeTable(at(name), stream(), COLUMNS);
      const before = readFileSync(at(name));
      await expect(requireTable(at(name))).rejects.toThrow(refused);
      await expect(writeTable(at(name), stream(), COLUMNS)).rejects.toThrow(refused);
      expect(readFileSync(at(name))).toEqual(before);
      writeFileSync(at(name), '');
      expect(await requireTable(at(name))).toContain(name);
    },
  );

  it('is not there if the answers end in an error', async () => {
    const failing = async function* () {
      yield* stream();
      throw Object.assign(new Error('broken'), { code: 'EIO' });
    };
    await expect(writeTable(at('t.csv'), failing(), COLUMNS)).rejects.toThrow(/^broken$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('has no path that a spreadsheet takes for a formula', async () => {
    const [{ classes }] = ANSWERS as [ClassifiedFile];
    const paths = ['=1+1.png', '-a.png', '@b.png', 'c=d.png'];
    await writeTable(
      at('t.csv'),
      stream(paths.map((path) => ({ path, classes }))),
      COLUMNS.slice(0, 1),
    );
    expect(readFileSync(at('t.csv'), 'utf8')).toBe(
      'path\n./=1+1.png\n./-a.png\n./@b.png\nc=d.png\n',
    );
  });

  it('has one of three endings', async () => {
    await expect(requireTable(at('t.xlsx'))).rejects.toThrow(
      /^out: expected a name that ends in \.csv, \.json, \.parquet, got /,
    );
  });
});

describe('sorting', () => {
  const draw = (name: string, content: string) => {
    mkdirSync(at('in', name, '..'), { recursive: true });
    writeFileSync(at('in', name), content);
    return at('in', name);
  };
  const open = (way: 'copy' | 'link' = 'copy', names = ['cat', 'a/b']) =>
    Sorter.open(at('out'), way, [at('in')], names);
  const sorted = () =>
    readdirSync(at('out'), { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(at('out', name)).isFile())
      .sort();

  it.each(['copy', 'link'] as const)(
    'by %s keeps what is there, and takes no picture twice',
    async (way) => {
      const [one, two] = [draw('1/cat.jpg', 'one'), draw('2/cat.jpg', 'two')];
      mkdirSync(at('out/cat'), { recursive: true });
      writeFileSync(at('out/cat/cat.jpg'), 'of the user');
      for (let run = 0; run < 2; run++) {
        const sorter = await open(way);
        await sorter.put(one, ['cat']);
        await sorter.put(two, ['cat', 'a/b']);
      }
      expect(sorted()).toEqual(['a_b/cat.jpg', 'cat/cat-2.jpg', 'cat/cat-3.jpg', 'cat/cat.jpg']);
      expect(readFileSync(at('out/cat/cat.jpg'), 'utf8')).toBe('of the user');
      expect(readFileSync(at('out/cat/cat-3.jpg'), 'utf8')).toBe('two');
      expect(statSync(at('out/cat/cat-2.jpg')).ino === statSync(one).ino).toBe(way === 'link');
      expect(readFileSync(one, 'utf8')).toBe('one');
    },
  );

  it('names folders so that no class leads elsewhere', async () => {
    const sorter = await open('copy', ['..', 'CON.', 'x/../../y']);
    const picture = draw('p.png', 'p');
    for (const name of ['..', 'CON.', 'x/../../y']) await sorter.put(picture, [name]);
    expect(sorted()).toEqual(['CON_/p.png', '_/p.png', 'x_.._.._y/p.png']);
    expect(existsSync(at('y'))).toBe(false);
  });

  it('refuses a folder in that of the pictures, a file, and classes that share a folder', async () => {
    draw('own/p.png', 'p');
    const within = Sorter.open(at('in/out'), 'copy', [at('in')], ['cat']);
    await expect(within).rejects.toThrow(/^sort: expected a folder outside the pictures/);
    // The folder of a class is that of the pictures.
    const same = Sorter.open(at('in'), 'copy', [at('in/own')], ['own']);
    await expect(same).rejects.toThrow(/^sort: expected a folder outside the pictures/);
    await expect(open('copy', ['a/b', 'a:b'])).rejects.toThrow(
      /^sort: expected classes that differ/,
    );
    writeFileSync(at('out'), 'a file');
    await expect(open()).rejects.toThrow(/^sort: expected a folder, got /);
  });
});

describe('folders that are watched', () => {
  it('give a picture once it doesn’t change any more, and only once unless it failed', async () => {
    mkdirSync(at('in/deep'), { recursive: true });
    const inbox = new Inbox([at('in')]);
    expect(await inbox.poll()).toEqual([]);
    const [one, two] = [at('in/deep/1.png'), at('in/2.png')];
    writeFileSync(one, 'half');
    expect(await inbox.poll()).toEqual([]);
    writeFileSync(one, 'half and more');
    writeFileSync(two, '');
    expect(await inbox.poll()).toEqual([]);
    expect(await inbox.poll()).toEqual([one]);
    inbox.done([one]);
    writeFileSync(two, 'two');
    expect(await inbox.poll()).toEqual([]);
    expect(await inbox.poll()).toEqual([two]);
    // It failed: it comes again, once it has changed.
    expect(await inbox.poll()).toEqual([]);
    writeFileSync(two, 'two, whole');
    utimesSync(one, 1, 1);
    expect(await inbox.poll()).toEqual([]);
    expect(await inbox.poll()).toEqual([two]);
    inbox.done([two]);
    cpSync(two, at('in/.hidden.png'));
    expect(await inbox.poll()).toEqual([]);
    expect(await inbox.poll()).toEqual([]);
    rmSync(at('in'), { recursive: true });
    expect(await inbox.poll()).toEqual([]);
  });
});
