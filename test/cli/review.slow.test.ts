import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { blocksIn } from '../docs/blocks';
import { cli } from '../setup/cli';
import { miniResnet } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';
import { saveModel } from '../setup/save-model';

let folder: string;
const cwd = process.cwd();
const cache = process.env['XDG_CACHE_HOME'];
const BASE = ['--backbone', 'base', '--preprocessing', 'tf'];
const WRONG = 'dark/a "light" one, moved.png';
const review = (pictures: string, ...more: string[]) =>
  cli('review', pictures, '--out', 'suspicious.csv', ...BASE, ...more);
const train = (...more: string[]) =>
  cli('train', 'pictures', '--out', 'out', ...BASE, '--epochs', '1', ...more);
const rows = (file = 'suspicious.csv'): Record<string, string>[] =>
  parse(readFileSync(file), { columns: true, bom: true });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-cli-review-'));
  process.chdir(folder);
  process.env['XDG_CACHE_HOME'] = join(folder, 'caches');
  const base = miniResnet('v1', 1);
  await saveModel(base, 'base');
  base.dispose();
});
beforeEach(async () => {
  rmSync('pictures', { recursive: true, force: true });
  rmSync('suspicious.csv', { force: true });
  await drawPictures('pictures', 12);
  renameSync('pictures/light/3.png', `pictures/${WRONG}`);
});
afterAll(() => {
  process.chdir(cwd);
  if (cache === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = cache;
  rmSync(folder, { recursive: true, force: true });
});

describe('review', () => {
  it('lists what is suspicious, for train to leave out', async () => {
    const { code, out, err } = await review('pictures');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^1 of 24 labels are suspicious$/m);
    expect(out).toMatch(/^pictures\/dark\/a "light" one, moved\.png +\| dark +\|.*\| light +\|/m);
    expect(rows()).toEqual([
      {
        ...{ path: `pictures/${WRONG}`, label: 'dark', suggested: 'light' },
        probability: expect.stringMatching(/^0\.[01]\d{3}$/) as string,
        suggested_probability: expect.stringMatching(/^0\.[89]\d{3}$/) as string,
      },
    ]);
    expect(readFileSync('suspicious.csv', 'utf8')).toMatch(
      /^path,label,suggested,probability,suggested_probability\n"pictures\/dark\/a ""light"" one, moved\.png",dark,light,0\.\d{4},0\.\d{4}\n$/,
    );

    const next = /^npx resnet-heads (.*)$/m.exec(out)?.[1] ?? '';
    expect(next).toBe(
      'train pictures --out my-classifier --exclude suspicious.csv --backbone base --preprocessing tf',
    );
    const trained = await train('--exclude', 'suspicious.csv');
    expect([trained.code, trained.err]).toEqual([0, '']);
    expect(trained.out).toMatch(
      /^2 classes, \d+ training pictures, \d+ validation pictures; 1 left out by --exclude$/m,
    );
    const counted = /(\d+) training pictures, (\d+) validation/.exec(trained.out) ?? [];
    expect(Number(counted[1]) + Number(counted[2])).toBe(23);
    // It isn't taken for a new picture.
    const evaluated = await cli('evaluate', 'out', 'pictures', '--format', 'json');
    expect(JSON.parse(evaluated.out)).toMatchObject({
      ...{ total: Number(counted[2]), accuracy: 1, excluded: 1, leftOut: Number(counted[1]) + 1 },
    });
    const all = await cli('evaluate', 'out', 'pictures', '--format', 'json', '--all');
    expect(JSON.parse(all.out)).toMatchObject({ total: 24, excluded: 0, leftOut: 0 });
    expect(readFileSync('out/report.html', 'utf8').replaceAll(/\s+/g, ' ')).toContain(
      `${counted[1]} pictures that it was trained on and 1 that was excluded from training are left out`,
    );
  });

  it('writes paths from where the list lies, and marks other letters for spreadsheets', async () => {
    renameSync('pictures/dark', 'pictures/=dunkel');
    renameSync('pictures/light', 'pictures/größer');
    mkdirSync('pictures/lists');
    mkdirSync('lists', { recursive: true });
    rmSync('pictures/lists', { recursive: true });
    const args = ['review', 'pictures', '--out', 'lists/all.csv', ...BASE];
    expect((await cli(...args)).code).toBe(0);
    expect(readFileSync('lists/all.csv', 'utf8')).toMatch(/^\ufeffpath,/);
    expect(rows('lists/all.csv')).toMatchObject([{ label: '=dunkel', suggested: 'größer' }]);
    expect(existsSync(join('lists', rows('lists/all.csv')[0]!['path']!))).toBe(true);
    // A list of its own may be written again.
    expect((await cli(...args)).code).toBe(0);
    expect((await train('--exclude', 'lists/all.csv')).out).toContain('1 left out by --exclude');
  });

  it('reviews the pictures of train and val together, and a .csv file', async () => {
    mkdirSync('parts/val/dark', { recursive: true });
    mkdirSync('parts/val/light');
    renameSync('pictures', 'parts/train');
    renameSync(`parts/train/${WRONG}`, 'parts/val/dark/wrong.png');
    renameSync('parts/train/light/5.png', 'parts/val/light/5.png');
    const parts = await review('parts');
    const listed = rows();
    const files = readdirSync('parts', { recursive: true, encoding: 'utf8' });
    const pictures = files.filter((name) => name.endsWith('.png'));
    const lines = pictures.map((name) => `parts/${name},${name.includes('dark') ? 'd' : 'l'}`);
    writeFileSync('labels.csv', ['path,label', ...lines].join('\n'));
    const list = await review('labels.csv');
    renameSync('parts/train', 'pictures');
    rmSync('parts', { recursive: true });
    expect([parts.code, list.code]).toEqual([0, 0]);
    expect(parts.out).toMatch(/^1 of 24 labels are suspicious$/m);
    expect(listed).toMatchObject([{ path: 'parts/val/dark/wrong.png' }]);
    expect(rows()).toMatchObject([
      { path: 'parts/val/dark/wrong.png', label: 'd', suggested: 'l' },
    ]);
  });

  it('says if nothing is suspicious, and train takes such a list', async () => {
    renameSync(`pictures/${WRONG}`, 'pictures/light/3.png');
    const { code, out } = await review('pictures');
    expect(code).toBe(0);
    expect(out).toMatch(/^0 of 24 labels are suspicious\nsuspicious\.csv: no pictures$/m);
    expect(rows()).toEqual([]);
    const trained = await train('--exclude', 'suspicious.csv');
    expect(trained.code).toBe(0);
    expect(trained.out).not.toContain('left out');
  });

  it('does not overwrite another file, and writes nothing on an error', async () => {
    writeFileSync('suspicious.csv', 'path,label\nmine.png,cat\n');
    const refused = await review('pictures');
    expect([refused.code, refused.err]).toEqual([
      2,
      'error: suspicious.csv: expected a new file, or a list of suspicious labels that resnet-heads wrote, got "another file"; pass another path\n',
    ]);
    expect(readFileSync('suspicious.csv', 'utf8')).toContain('mine.png');
    rmSync('suspicious.csv');
    writeFileSync('pictures/dark/broken.png', 'no picture');
    expect((await review('pictures', '--strict')).code).toBe(1);
    expect(existsSync('suspicious.csv')).toBe(false);
  });

  it('refuses several labels per picture', async () => {
    writeFileSync('labels.csv', 'path,label\npictures/dark/1.png,a|b\npictures/light/1.png,b\n');
    const { code, err } = await review('labels.csv');
    expect(code).toBe(2);
    expect(err).toContain('labels.csv: expected one label in each row, got "a|b" in line 2');
  });
});

describe('train --exclude', () => {
  it.each([
    [
      'path\nelsewhere.png\n',
      /^error: --exclude: expected paths of pictures of pictures, got ".*elsewhere\.png", which/,
    ],
    ['path\na.png\nb.png\npictures/dark/1.png\n', /got ".*a\.png" and 1 more, which/],
    [
      'file\npictures/dark/1.png\n',
      /list\.csv: expected a first line with the column path, got file; add/,
    ],
    ['path,label\n,dark\n', /list\.csv: expected a path in each row, got none in line 2;/],
  ])('refuses %j', async (text, message) => {
    writeFileSync('list.csv', text);
    const { code, out, err } = await train('--exclude', 'list.csv');
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });

  it('refuses to leave a class without pictures', async () => {
    const all = readdirSync('pictures/light').map((name) => `pictures/light/${name}`);
    writeFileSync('list.csv', ['path', ...all].join('\n'));
    const { code, err } = await train('--exclude', 'list.csv');
    expect(code).toBe(2);
    expect(err).toMatch(/^error: --exclude: expected to leave pictures .*, got all of "light";/);
  });
});

it('the line of the docs moves the pictures of a list, with their folders', () => {
  const line = blocksIn('sh')
    .flatMap(([, { code }]) => code.split('\n'))
    .find((each) => each.startsWith('tail -n +2 suspicious.csv'));
  copyFileSync('pictures/light/1.png', 'pictures/light/with space.png');
  const paths = ['pictures/dark/1.png', 'pictures/light/1.png', 'pictures/light/with space.png'];
  writeFileSync(
    'suspicious.csv',
    ['path,label', ...paths.map((path) => `${path},x`), ''].join('\n'),
  );
  execFileSync('sh', ['-c', line!]);
  for (const path of paths) {
    expect(existsSync(path)).toBe(false);
    expect(existsSync(join('set-aside', path))).toBe(true);
  }
  expect(readdirSync('set-aside', { recursive: true })).toHaveLength(6);
});
