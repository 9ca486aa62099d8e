import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Ajv from 'ajv';
import type { HeadComparison } from '../../src/compare/comparison';
import { cli } from '../setup/cli';
import { miniResnet } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';
import { saveModel } from '../setup/save-model';

let folder: string;
const cwd = process.cwd();
const cache = process.env['XDG_CACHE_HOME'];
const QUICK = '--backbone base --preprocessing tf --hidden-units 4 --runs 1';
const compare = (pictures: string, ...more: string[]) =>
  cli('compare', pictures, ...QUICK.split(' '), ...more);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-cli-compare-'));
  process.chdir(folder);
  process.env['XDG_CACHE_HOME'] = join(folder, 'caches');
  const base = miniResnet('v1', 1);
  await saveModel(base, 'base');
  base.dispose();
  await drawPictures('photos', 6);
});
afterAll(() => {
  process.chdir(cwd);
  if (cache === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = cache;
  rmSync(folder, { recursive: true, force: true });
});

describe('compare with pictures', () => {
  it('prints what each head achieves, and recommends one', async () => {
    const { code, out, err } = await compare('photos');
    // Progress, if it takes long.
    expect([code, err.replaceAll(/^[a-z ]+: \d+ of \d+ .*\n/gm, '')]).toEqual([0, '']);
    for (const row of ['validation accuracy, %', 'generalisation gap, %', 'calibration error, %']) {
      const figures = String.raw`−?[\d.]+ ± [\d.]+`;
      expect(out).toMatch(
        new RegExp(`^${row} +\\| +${figures} +\\| +${figures} +\\| +${figures}$`, 'm'),
      );
    }
    expect(out).toMatch(/^moved by 1\/8, % +\|/m);
    expect(out).toMatch(/^predict, ms \(range\) +\| +[\d.]+ \(/m);
    expect(out).toMatch(/^Recommended: the (pooled|flattened|dense) head\. /m);
    expect(out).toContain('12 pictures in 5 folds');
    const table = out.split('\n').filter((line) => line.includes(' | '));
    expect(Math.max(...table.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it('writes JSON by its schema, with features from the cache', async () => {
    const { code, out } = await compare('photos', '--out', 'heads.json', '--folds', '3');
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'features: 0 computed, 12 from the cache',
      'heads.json: the comparison',
      expect.stringMatching(/^Recommended: the \w+ head\. /),
      expect.stringMatching(
        /^next: npx resnet-heads train photos --out my-classifier --head \w+( --hidden-units 4)? --backbone base --preprocessing tf$/,
      ),
      '',
    ]);
    const comparison = JSON.parse(readFileSync('heads.json', 'utf8')) as HeadComparison;
    const path = join(__dirname, '../../schemas/comparison.schema.json');
    const schema = JSON.parse(readFileSync(path, 'utf8')) as object;
    const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
    expect([validate(comparison), validate.errors]).toEqual([true, null]);
    expect(comparison.trial).toEqual({
      ...{ pictures: 12, computed: 0, folds: 3, measured: 12, majority: 0.5 },
      ...{ classes: ['dark', 'light'], ambiguous: [] },
    });
    expect(comparison.heads.map(({ fit }) => fit?.folds.length)).toEqual([3, 3, 3]);
  });

  it('counts copies of a file once, and warns of a picture in two classes', async () => {
    await drawPictures('copied', 4);
    const bytes = readFileSync('copied/dark/0.png');
    writeFileSync('copied/dark/copy.png', bytes);
    writeFileSync('copied/light/wrong.png', readFileSync('copied/light/1.png'));
    writeFileSync('copied/dark/wrong.png', readFileSync('copied/light/1.png'));
    const { err } = await compare('copied', '--out', 'copied.json', '--no-shift');
    expect(err).toMatch(/^warning: 1 picture is in several classes, and is left out/);
    const { trial, heads } = JSON.parse(readFileSync('copied.json', 'utf8')) as HeadComparison;
    expect(trial?.pictures).toBe(7);
    expect(heads[0]?.fit).not.toHaveProperty('shiftedAccuracy');
  });

  it('overwrites nothing that it reads', async () => {
    writeFileSync('list.csv', 'path,label\nphotos/dark/0.png,dark\nphotos/light/0.png,light\n');
    for (const [pictures, out] of [
      ['photos', 'base/weights.bin'],
      ['photos', 'base/model.json'],
      ['photos', 'photos/dark/0.png'],
      ['list.csv', 'photos/dark/0.png'],
      ['list.csv', 'list.csv'],
    ] as const) {
      const before = readFileSync(out);
      const { code, err } = await compare(pictures, '--out', out, '--format', 'json');
      expect([code, err]).toEqual([
        2,
        `error: --out: expected a file other than the input, got "${out}"\n`,
      ]);
      expect(readFileSync(out).equals(before)).toBe(true);
    }
  });

  it('computes nothing where the pictures or options are wrong', async () => {
    rmSync('caches', { recursive: true, force: true });
    await drawPictures('single', 1);
    for (const [line, message] of [
      [
        'nowhere',
        /^error: pictures: expected a folder .*, got "nowhere"; there is no such folder$/m,
      ],
      ['photos --folds 1', /^error: --folds: expected 2 to 10, got 1$/m],
      ['photos --preprocessing sharp', /^error: option '--preprocessing <mode>' argument 'sharp'/],
      ['single', /^error: pictures: expected two or more per class/],
    ] as const) {
      const { code, out, err } = await compare(...(line.split(' ') as [string]));
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(message);
    }
    expect(readdirSync('.')).not.toContain('caches');
  });
});
