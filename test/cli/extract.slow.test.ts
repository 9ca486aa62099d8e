import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { loadBackbone, openFeatures } from 'resnet-heads';
import { present } from '../../src/errors';
import { localFile } from '../../src/node/features/local-store';
import { openTable } from '../../src/node/features/table';
import { cli } from '../setup/cli';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';
import { saveModel } from '../setup/save-model';

let folder: string;
const { env } = process;
const before = process.cwd();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-extract-'));
  process.chdir(folder);
  await drawPictures('pictures', 10);
  writeFileSync('pictures/dark/4-broken.png', 'no picture');
  const base = miniResnet('v1', 1);
  await saveModel(base, 'base');
  base.dispose();
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  for (const name of readdirSync('.').filter((each) => each.startsWith('new'))) {
    rmSync(name, { recursive: true });
  }
});

const BASE = ['--backbone', 'base', '--preprocessing', 'tf'];
const extract = (out: string, ...more: string[]) =>
  cli('extract', 'pictures', '--out', out, ...BASE, ...more);
const fileOf = (index: number, shards: number) => `features-0000${index}-of-0000${shards}.parquet`;
const bytesIn = (place: string) =>
  Object.fromEntries(
    readdirSync(place).map((name) => [name, readFileSync(join(place, name), 'hex')]),
  );

/** The rows of a shard, without features. */
async function rowsIn(path: string) {
  const table = await openTable(present(await localFile(path), 'file'));
  const paths: (string | null)[] = [];
  const labels: (string | null)[] = [];
  await table.texts('path', (text) => paths.push(text));
  await table.texts('label', (text) => labels.push(text));
  return paths.map((each, i) => [each, labels[i]]);
}

/** Runs with variables of the environment. */
async function within<T>(variables: Readonly<Record<string, string>>, body: () => Promise<T>) {
  Object.assign(env, variables);
  try {
    return await body();
  } finally {
    for (const name of Object.keys(variables)) Reflect.deleteProperty(env, name);
  }
}

describe('extract', () => {
  it('writes the same files in one process, in several, and at once', async () => {
    await expectNoLeak(async () => {
      const { code, out, err } = await extract('new', '--shards', '3');
      expect([code, out]).toEqual([
        0,
        [
          '21 pictures, 3 shards',
          `shard 0/3: ${fileOf(0, 3)}, 7 pictures`,
          `shard 1/3: ${fileOf(1, 3)}, 6 pictures, 1 skipped`,
          `shard 2/3: ${fileOf(2, 3)}, 7 pictures`,
          'new: 20 pictures, 2 classes, 64 features each in float32 by onnxruntime',
          'next: npx resnet-heads train --features new --out my-classifier --backbone base --preprocessing tf',
          '',
        ].join('\n'),
      ]);
      expect(err).toMatch(/^skipped: \S+4-broken\.png: expected a picture/m);
      for (const index of ['2', '0', '1']) await extract('new-alone', '--shard', `${index}/3`);
      expect(bytesIn('new-alone')).toEqual(bytesIn('new'));
      // Two workers on each shard.
      const both = ['0/3', '0/3', '1/3', '1/3', '2/3', '2/3'].map((shard) =>
        extract('new-twice', '--shard', shard),
      );
      for (const { code } of await Promise.all(both)) expect(code).toBe(0);
      expect(bytesIn('new-twice')).toEqual(bytesIn('new'));
    });
  });

  it('keeps paths relative to the folder, labels and the order of the list', async () => {
    await extract('new', '--shards', '2');
    expect((await rowsIn(join('new', fileOf(1, 2)))).slice(0, 6)).toEqual([
      ['dark/1.png', 'dark'],
      ['dark/3.png', 'dark'],
      ['dark/4.png', 'dark'],
      ['dark/6.png', 'dark'],
      ['dark/8.png', 'dark'],
      ['light/0.png', 'light'],
    ]);
    const { classes, labels } = await openFeatures('new');
    expect([classes, labels.length]).toEqual([['dark', 'light'], 20]);
  });

  it('computes the shard of a task of an array', async () => {
    for (const [index, name] of [
      'JOB_COMPLETION_INDEX',
      'SLURM_ARRAY_TASK_ID',
      'AWS_BATCH_JOB_ARRAY_INDEX',
    ].entries()) {
      const { out } = await within({ [name]: String(index) }, () =>
        extract('new', '--shards', '3'),
      );
      expect(out).toContain(`21 pictures, 3 shards; this is shard ${index} (${name})\n`);
      expect(readdirSync('new')).toHaveLength(index + 2);
    }
    const wrong = await within({ SLURM_ARRAY_TASK_ID: '3' }, () => extract('new', '--shards', '3'));
    expect([wrong.code, wrong.err]).toEqual([
      2,
      'error: SLURM_ARRAY_TASK_ID: expected 0 to 2 with --shards 3, got "3"; start an array of tasks 0 to 2\n',
    ]);
  });

  it.each([
    [
      { SLURM_ARRAY_TASK_ID: '' },
      'SLURM_ARRAY_TASK_ID: expected a whole number, got nothing; unset it, or set it to the task’s number',
    ],
    [
      { JOB_COMPLETION_INDEX: '1', SLURM_ARRAY_TASK_ID: '2' },
      'SLURM_ARRAY_TASK_ID: expected the same number as JOB_COMPLETION_INDEX, 1, got "2"; unset one of them, or pass --shard',
    ],
  ])('refuses a task’s number that is none, or not the only one: %j', async (variables, error) => {
    const { code, err } = await within(variables, () => extract('new', '--shards', '3'));
    expect([code, err]).toEqual([2, `error: ${error}\n`]);
  });

  it('warns if each task of an array computes everything', async () => {
    const { err } = await within({ SLURM_ARRAY_TASK_ID: '1' }, () => extract('new'));
    expect(err).toContain(
      'warning: SLURM_ARRAY_TASK_ID is set, but neither --shards nor --shard: each task of this array computes all shards; add --shards N\n',
    );
  });

  it('computes only what is missing or torn', async () => {
    await extract('new', '--shards', '3');
    const whole = bytesIn('new');
    rmSync(join('new', fileOf(0, 3)));
    truncateSync(join('new', fileOf(1, 3)), 500);
    const { out } = await extract('new', '--shards', '3');
    expect(out).toContain(`shard 0/3: ${fileOf(0, 3)}, 7 pictures\n`);
    expect(out).toContain(`shard 1/3: ${fileOf(1, 3)}, 6 pictures, 1 skipped\n`);
    expect(out).toContain(`shard 2/3: ${fileOf(2, 3)}, 7 pictures, already complete\n`);
    expect(bytesIn('new')).toEqual(whole);
  });

  it('takes a .csv file, also of pictures without labels', async () => {
    writeFileSync('new.csv', 'path,label\npictures/light/1.png,b\npictures/dark/1.png,\n');
    const args = ['--out', 'new', ...BASE];
    const warning =
      'warning: 1 of 2 pictures has no label; train --features needs one for each: a folder per class, a label in the .csv file, or a .cls file in the .tar file\n';
    for (const told of ['features each in float32 by onnxruntime', 'already complete']) {
      const { code, out, err } = await cli('extract', 'new.csv', ...args);
      expect([code, err, out]).toEqual([0, warning, expect.stringContaining(told)]);
      expect(out).toContain('\nnext: npx resnet-heads extract --check new\n');
    }
    expect(await rowsIn(join('new', fileOf(0, 1)))).toEqual([
      ['pictures/light/1.png', 'b'],
      ['pictures/dark/1.png', null],
    ]);
    await expect(openFeatures('new')).rejects.toThrow('expected a label in each row, got none');
    writeFileSync('new.csv', 'path\npictures/light/1.png\npictures/light/1.png\n');
    const { code, err } = await cli('extract', 'new.csv', '--out', 'new2', ...BASE);
    expect([code, err]).toEqual([2, expect.stringContaining('expected each picture once')]);
  });

  it('counts the classes in tar files', async () => {
    const packed = pack();
    for (const name of ['dark', 'light']) {
      packed.entry({ name: `${name}.cls` }, name);
      packed.entry({ name: `${name}.png` }, readFileSync(`pictures/${name}/0.png`));
    }
    packed.finalize();
    await writeFile('new.tar', packed as AsyncIterable<Buffer>);
    const told = 'new: 2 pictures, 2 classes, 64 features each in float32';
    const next = 'next: npx resnet-heads train --features new --out my-classifier --backbone base';
    for (const by of [' by onnxruntime', '']) {
      const { out, err } = await cli('extract', 'new.tar', '--out', 'new', ...BASE);
      expect([err, out]).toEqual(['', expect.stringContaining(`${told}${by}\n${next}`)]);
    }
  });

  it('keeps the parts of a data set, which training and evaluation use', async () => {
    for (const part of ['train', 'val', 'test']) {
      await drawPictures(`new-parts/${part}`, 4, part.length * 5);
    }
    expect(await cli('extract', 'new-parts', '--out', 'new', ...BASE)).toMatchObject({ code: 0 });
    const { classes } = await openFeatures('new');
    expect(classes).toEqual(['dark', 'light']);
    rmSync('new-parts/test', { recursive: true });
    const how = [...BASE, '--out', 'new-model', '--no-cache'];
    const pictures = await cli('train', 'new-parts', ...how);
    const features = await cli('train', '--features', 'new', ...how.slice(0, -1));
    for (const { code, out } of [pictures, features]) {
      expect([code, out]).toEqual([0, expect.stringMatching(/dark *\| *4 \| *4\n/)]);
    }
    expect(features.out).toContain('new (8 pictures of test): not used for training or validation');
    const list = ['path,label,split', 'pictures/dark/1.png,a,val', 'pictures/light/1.png,b,no'];
    writeFileSync('new.csv', list.join('\n'));
    const wrong = await cli('extract', 'new.csv', '--out', 'new2', ...BASE);
    expect([wrong.code, wrong.err]).toEqual([
      2,
      expect.stringContaining('expected a split of train, val or test, got "no"'),
    ]);
  });

  it('writes no shard if no picture of it can be decoded', async () => {
    writeFileSync('new.csv', 'path\npictures/dark/4-broken.png\nnowhere.png\n');
    const { code, err } = await cli('extract', 'new.csv', '--out', 'new', ...BASE);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('expected pictures that can be decoded, got none among 2'),
    ]);
    expect(readdirSync('new')).toEqual(['_manifest.json']);
  });

  it.each([
    [['--shards', '4'], 'another number of shards: 3, not 4'],
    [['--shards', '3', '--dtype', 'float16'], 'another number format: "float32", not "float16"'],
    [['--shards', '3', '--head', 'dense'], 'another head'],
    [['--shards', '3', '--views', 'mirror'], 'another views'],
    [['--shards', '3', '--engine', 'layers'], 'another engine: "onnxruntime", not "layers/'],
    [
      ['--shards', '3', '--engine', 'layers'],
      '; pass another folder, or remove it, or continue with --engine onnxruntime',
    ],
    [['--shards', '3', '--preprocessing', 'torch'], 'another backbone'],
  ])('refuses a folder with features of another extraction: %j', async (flags, message) => {
    await extract('new', '--shards', '3');
    const whole = bytesIn('new');
    const { code, err } = await extract('new', ...flags);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(bytesIn('new')).toEqual(whole);
  });

  it('tells which rows are changed copies', async () => {
    writeFileSync('new.csv', 'path,label\npictures/light/1.png,b\npictures/dark/1.png,a\n');
    const args = ['--out', 'new', ...BASE, '--views', 'mirror,brightness'];
    const { out } = await cli('extract', 'new.csv', ...args);
    expect(out).toContain('new: 2 pictures, 8 rows with views, 2 classes, ');
    const table = await openTable(present(await localFile(join('new', fileOf(0, 1))), 'file'));
    const views: (string | null)[] = [];
    await table.texts('view', (text) => views.push(text));
    const each = ['none', 'mirror', 'brightness', 'brightness'];
    expect(views).toEqual([...each, ...each]);
    expect((await cli('extract', '--check', 'new')).out).toContain(
      '2 pictures (8 rows with views)',
    );
  });

  it('counts what one shard has', async () => {
    writeFileSync('new.csv', 'path,label\npictures/light/1.png,b\npictures/dark/1.png,b\n');
    const { out } = await cli('extract', 'new.csv', '--out', 'new', ...BASE, '--shard', '1/2');
    expect(out).toContain('features-00001-of-00002.parquet, 1 picture\n');
    expect(out).toContain('new: 1 picture in this shard, 1 class, 64 features each');
  });

  it('names the backbone, which does not identify features', async () => {
    await extract('new', '--shard', '0/2');
    cpSync('base', 'new-base', { recursive: true });
    const other = ['--backbone', 'new-base', '--preprocessing', 'tf'];
    const args = ['extract', 'pictures', '--out', 'new', '--shard', '1/2'];
    expect(await cli(...args, ...other)).toMatchObject({ code: 0 });
    expect(await cli('extract', '--check', 'new')).toMatchObject({ code: 0 });
    const train = (...more: string[]) =>
      cli('train', '--features', 'new', '--out', 'new-model', ...more);
    expect((await train()).err).toContain(
      '--backbone: expected the one that computed the features, base, got "none"; pass its path',
    );
    expect((await train('--backbone', 'resnet-mini')).err).toMatch(
      /whose .* \(resnet-mini\), got those with another .* \(base\); /,
    );
    expect(await train(...other)).toMatchObject({ code: 0 });
    const several = await train(...other, '--multi-label');
    expect([several.code, several.err]).toEqual([
      2,
      expect.stringContaining('expected features of pictures with several labels, got those with'),
    ]);
  });

  it('lets training use the bundled backbone that it used', async () => {
    const args = ['--backbone', 'resnet-mini', '--input', '64x64'];
    await cli('extract', 'pictures', '--out', 'new', ...args);
    const train = (...more: string[]) =>
      cli('train', '--features', 'new', '--out', 'new-model', ...more);
    const wrong = await train('--backbone', 'keras/resnet50');
    expect([wrong.code, wrong.out, wrong.err]).toEqual([
      2,
      '',
      expect.stringContaining('expected resnet-mini, which computed the features, got'),
    ]);
    const { code, err } = await train();
    expect([code, err]).toEqual([0, expect.not.stringContaining('error')]);
  });

  it('refuses shards without their manifest, and a manifest without an end', async () => {
    await extract('new', '--shards', '3');
    rmSync(join('new', '_manifest.json'));
    for (const shards of ['3', '2']) {
      expect((await extract('new', '--shards', shards)).err).toContain(
        'got shards without _manifest.json; put that file back, pass another folder, or remove',
      );
    }
    symlinkSync('/dev/zero', join('new', '_manifest.json'));
    const { code, err } = await cli('extract', '--check', 'new');
    expect([code, err]).toEqual([2, expect.stringContaining('expected at most 67108864 bytes')]);
  });

  it.each([
    [['pictures'], '--out: expected a folder'],
    [['--out', 'new'], 'pictures: expected a folder, a list or .tar files'],
    [['pictures', '--out', 'new', '--shard', '3/3'], '0/3 to 2/3'],
    [['pictures', '--out', 'new', '--shard', '1'], 'Expected i/n, for example 2/64'],
    [['pictures', '--out', 'new', '--shards', '0'], '--shards: expected a positive integer'],
    [['pictures', '--out', 'new', '--shards', '22'], '--shards: expected at most 21'],
    [['pictures', '--out', 'pictures/new'], '--out: expected a folder outside the pictures'],
    [['pictures', '--out', 'base'], '--out: expected a new folder'],
    [
      ['nowhere', '--out', 'new'],
      'pictures: expected a folder of pictures or .tar files, a .csv or .txt list, or a .tar file',
    ],
    [
      ['a-0.tar', 'a-1.tar', '--out', 'new'],
      "got 2 arguments; put a pattern in quotes: 'train-{0000..0063}.tar'",
    ],
    [['pictures', '--check', 'new'], 'pictures: expected none with --check'],
    [['--check', 'new', '--shards', '2'], "'--check <place>' cannot be used with"],
    [['--check', 'pictures'], '--check: expected a folder with _manifest.json'],
  ])('refuses %j', async (args, message) => {
    const { code, err } = await cli('extract', ...args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(readdirSync('.').filter((name) => name.startsWith('new'))).toEqual([]);
  });
});

describe('extract --check', () => {
  it('says what is missing, foreign or torn', async () => {
    await extract('new', '--shards', '5');
    await extract('new-other', '--shards', '5', '--dtype', 'float16');
    const { sha256 } = await (
      await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' })
    )
      .sha256()
      .then((hash) => ({ sha256: hash.slice(0, 12) }));
    expect(await cli('extract', '--check', 'new')).toEqual({
      code: 0,
      out: [
        'new: 5 of 5 shards are complete',
        '20 pictures of 21 listed, 1 skipped',
        `features 64 in float32 by onnxruntime; backbone base, ${sha256}, preprocessing tf, input 32 x 32`,
        'next: npx resnet-heads train --features new --out my-classifier --backbone base --preprocessing tf',
        '',
      ].join('\n'),
      err: '',
    });
    rmSync(join('new', fileOf(0, 5)));
    writeFileSync(join('new', fileOf(1, 5)), readFileSync(join('new-other', fileOf(1, 5))));
    truncateSync(join('new', fileOf(2, 5)), 700);
    const flipped = readFileSync(join('new', fileOf(3, 5)));
    flipped[200]! ^= 1;
    writeFileSync(join('new', fileOf(3, 5)), flipped);
    const { code, out, err } = await cli('extract', '--check', 'new');
    expect(code).toBe(1);
    expect(out).toContain('new: 1 of 5 shards are complete\n3 pictures of 21 listed, 1 skipped\n');
    expect(out).toContain('\nmissing: 0\nforeign: 1\ntorn: 2, 3\n');
    expect(err).toBe(
      'error: new: expected 5 complete shards, got 1 missing, 1 foreign, 2 torn; remove the foreign files, and extract with the same options again, which computes what is missing or torn\n',
    );
    rmSync(join('new', fileOf(1, 5)));
    expect((await cli('extract', '--check', 'new')).err).toBe(
      'error: new: expected 5 complete shards, got 2 missing, 2 torn; extract with the same options again, which computes what is missing or torn\n',
    );
  });

  it('names files that are no shards of it', async () => {
    await extract('new', '--shards', '2');
    writeFileSync('new/features-00000-of-00009.parquet', '');
    const { code, out, err } = await cli('extract', '--check', 'new');
    expect([code, err]).toEqual([1, expect.stringContaining('expected no other .parquet files')]);
    expect(out).toContain('foreign: features-00000-of-00009.parquet\n');
  });

  it('finds a damaged footer, and so do training and the next extraction', async () => {
    await extract('new', '--shards', '2');
    const path = join('new', fileOf(0, 2));
    const whole = readFileSync(path);
    for (let at = whole.length - 1200; at < whole.length; at += 37) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0x10;
      writeFileSync(path, damaged);
      const check = await cli('extract', '--check', 'new');
      expect([at, check.code]).toEqual([at, 1]);
      const opened = await openFeatures('new')
        .then(
          (features) => features.read(Int32Array.of(0)),
          (error: unknown) => Promise.reject(error as Error),
        )
        .catch((error: unknown) => error);
      expect(opened).toMatchObject({ name: 'ArgumentError' });
    }
    expect(await extract('new', '--shards', '2')).toMatchObject({ code: 0 });
    expect(readFileSync(path).equals(whole)).toBe(true);
  });
});
