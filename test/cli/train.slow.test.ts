import {
  cpSync,
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
import sharp from 'sharp';
import { cli } from '../setup/cli';
import { miniResnet } from '../setup/mini-resnet';
import { saveModel } from '../setup/save-model';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
let BASE: string[];

async function draw(kind: string, i: number, level: number): Promise<void> {
  mkdirSync(at('pictures', kind), { recursive: true });
  const background = { r: level + i, g: level, b: level - i };
  await sharp({ create: { width: 40, height: 40, channels: 3, background } })
    .png()
    .toFile(at('pictures', kind, `${i}.png`));
}

let before: string | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-cli-train-'));
  before = process.env['XDG_CACHE_HOME'];
  process.env['XDG_CACHE_HOME'] = at('caches');
  for (let i = 0; i < 10; i++) {
    await draw('dark', i, 40);
    await draw('light', i, 200);
  }
  BASE = ['--backbone', at('base'), '--preprocessing', 'tf'];
  const base = miniResnet('v1', 1);
  await saveModel(base, at('base'));
  base.dispose();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  if (before === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = before;
});

describe('from a folder of pictures to a classifier in use', () => {
  it('trains, evaluates, classifies and explains', async () => {
    writeFileSync(at('pictures/dark/broken.png'), 'no picture');
    const train = await cli(
      ...['train', at('pictures'), ...BASE, '--out', at('out')],
      ...['--epochs', '40', '--learning-rate', '0.05'],
    );
    // On a machine that is busy for over ten seconds, progress has lines of its own.
    const said = train.err.replaceAll(/^[\w ]+: \d+ of \d+ .*\n/gm, '');
    expect([train.code, said]).toEqual([
      0,
      expect.stringMatching(
        /^skipped: .*broken\.png: expected a picture that can be decoded, got [^\n]+\n$/,
      ) as string,
    ]);
    // The classes come first, so that a wrong folder is noticed before the work is done.
    expect(train.out).toMatch(
      /^class +\| training \| validation\n[- |]+\ndark +\| +\d+ \| +2\nlight \| +8 \| +2\n/,
    );
    expect(train.out).toMatch(
      /^2 classes, 16 training pictures, 4 validation pictures\nfeatures: 20 computed by onnxruntime, 0 from the cache\nstopped after \d+ epochs/m,
    );
    expect(train.out).toMatch(/validation accuracy 100\.0%/);

    const report = readFileSync(at('out', 'report.html'), 'utf8');
    expect(report).toContain(`npx resnet-heads train ${at('pictures')}`);
    expect(report).toMatch(/Accuracy<\/dt>\s*<dd>\s*100\.0%/);
    const history = JSON.parse(readFileSync(at('out', 'history.json'), 'utf8')) as object;
    expect(history).toMatchObject({
      ...{ classes: ['dark', 'light'], settings: { epochs: 40, learningRate: 0.05 } },
      training: { solver: 'adam', validationAccuracy: 1, pictures: { train: 16, validation: 4 } },
    });

    // What it says to do next measures what it says.
    const next = /^next: npx resnet-heads (.*)$/m.exec(train.out)?.[1]?.split(' ') ?? [];
    expect(next).toEqual(['evaluate', at('out'), at('pictures')]);
    const evaluate = await cli(...next, '--format', 'json');
    expect(evaluate.code).toBe(0);
    expect(JSON.parse(evaluate.out)).toMatchObject({
      ...{ total: 4, accuracy: 1, trainedOn: 0, heldOut: 4, leftOut: 16 },
    });
    expect((await cli(...next)).out).toMatch(
      /Accuracy: 100\.0% on 4 images\.\nExpected calibration error: \d+\.\d%\.\n\nThe classifier was not trained on the measured pictures; 16 pictures that it was trained on are left out \(--all .*\)\. The measured pictures were held out in training and may have helped to choose its settings: .*\.\n$/,
    );
    expect((await cli(...next, '--all')).out).toMatch(
      /Accuracy: 100\.0% on 20 images\.\nExpected calibration error: \d+\.\d%\.\n\nThe classifier was trained on 16 of these 20 pictures: /,
    );
    await cli('evaluate', at('out'), at('pictures'), '--format', 'svg', '--out', at('c.svg'));
    expect(readFileSync(at('c.svg'), 'utf8')).toMatch(/^<svg /);

    const picture = at('pictures/light/3.png');
    const classify = await cli('classify', at('out'), picture, '--top', '1', '--format', 'json');
    expect(JSON.parse(classify.out)).toMatchObject([
      { path: picture, classes: [{ className: 'light' }] },
    ]);
    expect((await cli('classify', at('out'), picture)).out).toMatch(
      /\| light \| +\d+\.\d% \| +\d+\.\d%\n/,
    );

    const explain = await cli('explain', at('out'), picture, '--out', at('seen.png'));
    expect(explain).toMatchObject({ code: 0, err: '' });
    const [first, second] = explain.out.split('\n');
    expect(first).toMatch(/light.3\.png: most probable class "light" \(\d+\.\d%\)$/);
    expect(second).toMatch(/seen\.png: activation map of "light"; (dark blue is|the evidence is)/);
    expect(await sharp(at('seen.png')).metadata()).toMatchObject({ width: 280 });

    const broken = at('pictures/dark/broken.png');
    const several = [at('pictures/dark/3.png'), broken, at('pictures/light/4.png')];
    const all = await cli('explain', at('out'), ...several, '--class', 'dark', '--out', at('maps'));
    expect(all.code).toBe(1);
    expect(all.err).toMatch(/^skipped: .*broken\.png: .*\n.*expected 3 that can be decoded, got 2/);
    expect(readdirSync(at('maps')).sort()).toEqual(['3.seen.png', '4.seen.png']);
    expect(all.out).toMatch(/4\.seen\.png: .*"dark" \([\d.<]+%\), not the most probable class; /);
    const again = await cli('explain', at('out'), picture, '--out', at('maps'));
    expect(again.code).toBe(0);
    expect(again.out).toContain(`${join(at('maps'), '3.seen.png')}: activation map of "light"`);
  });

  it('writes a report where labels can’t be reviewed: one picture a class', async () => {
    for (const kind of ['dark', 'light']) {
      cpSync(at('pictures', kind, '0.png'), at('few', kind, '0.png'));
    }
    const args = ['train', at('few'), ...BASE, '--out', at('of-few')];
    expect(await cli(...args)).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(at('of-few', 'report.html'), 'utf8')).toContain('Labels were not reviewed');
  });

  it('does what it says with a .csv file, and says what to do next with it', async () => {
    const rows = ['dark', 'light'].flatMap((name) =>
      [0, 1, 2, 3, 4, 5].map(
        (i) => `pictures/${name}/${i}.png,${name},${['', 'val', 'test'][i % 3]}`,
      ),
    );
    writeFileSync(at('all pictures.csv'), `path,label,split\n${rows.join('\n')}\n`);
    const args = ['train', at('all pictures.csv'), ...BASE, '--out', at('of csv'), '--epochs', '1'];
    const { code, out, err } = await cli(...args, '--patience', '1', '--batch-size', '2');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(`${at('all pictures.csv')} (4 rows of test): not used for training`);
    expect(out).toMatch(/^2 classes, 4 training pictures, 4 validation pictures$/m);
    const [, command = ''] = /^next: npx resnet-heads (.*)$/m.exec(out) ?? [];
    expect(command).toBe(`evaluate '${at('of csv')}' '${at('all pictures.csv')}'`);
    const next = await cli('evaluate', at('of csv'), at('all pictures.csv'));
    expect(next.code).toBe(0);
    expect(next.out).toMatch(
      / on 4 images\.\nExpected calibration error: \d+\.\d%\.\n\nThe classifier was trained on none of these pictures\. The measured pictures were held out in training and may have helped to choose its settings: expect a slightly lower accuracy on others\.\n$/,
    );
  });

  it('takes features from the cache the second time, and --no-cache does without', async () => {
    const args = ['train', at('pictures'), ...BASE, '--out', at('out')];
    const run = async (...more: string[]) =>
      /features: (\d+) computed/.exec((await cli(...args, '--epochs', '1', ...more)).out)?.[1];
    await run();
    expect(await run()).toBe('0');
    expect(await run('--no-cache')).toBe('20');
    expect(existsSync(at('caches/resnet-heads/features'))).toBe(true);
  });

  it('classifies the good pictures of several, names the bad ones, and ends with exit code 1', async () => {
    const good = [at('pictures/light/3.png'), at('pictures/dark/4.png')] as const;
    const bad = [at('pictures/dark/broken.png'), at('none.png')] as const;
    const args = [good[0], bad[0], good[1], bad[1], '--top', '1', '--no-cache'];
    const { code, out, err } = await cli('classify', at('out'), ...args, '--format', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject(
      good.map((path) => ({ path, classes: [{ className: expect.any(String) as string }] })),
    );
    expect(err.split('\n')).toEqual([
      expect.stringMatching(/^skipped: .*broken\.png: expected a picture/),
      expect.stringMatching(/^skipped: .*none\.png: .* no such file/),
      'computed by onnxruntime',
      'error: pictures: expected 4 that can be decoded, got 2; the others are named above',
      '',
    ]);
    const text = await cli('classify', at('out'), ...args);
    expect([text.code, text.err]).toEqual([1, err]);
    for (const path of good) expect(text.out).toContain(path);
    // Without an answer nothing is printed but what is wrong.
    const none = await cli('classify', at('out'), ...bad, '--format', 'json');
    expect([none.code, none.out]).toEqual([1, '[]\n']);
  });

  it('warns of duplicates, says what it leaves alone, and what to do next', async () => {
    const parts = at('two parts');
    for (const [p, part] of ['train', 'valid', 'test'].entries()) {
      for (const name of ['dark', 'light']) {
        mkdirSync(join(parts, part, name), { recursive: true });
        for (let i = 0; i < 2; i++) {
          const level = (name === 'dark' ? 10 : 200) + i + 10 * p;
          await draw(name, 90, level);
          renameSync(at('pictures', name, '90.png'), join(parts, part, name, `${i}.png`));
        }
      }
    }
    for (const i of [3, 4, 5, 6]) {
      cpSync(at('pictures/dark', `${i}.png`), join(parts, `train/dark/c${i}.png`));
      cpSync(at('pictures/dark', `${i}.png`), join(parts, `valid/dark/c${i}.png`));
    }
    cpSync(join(parts, 'train/dark/0.png'), join(parts, 'train/light/c.png'));
    const args = [...BASE, '--out', at('out of parts'), '--epochs', '1'];
    const { code, out, err } = await cli('train', parts, ...args);
    expect(code).toBe(0);
    expect(err.split('\n')).toEqual([
      `warning: 1 picture is in several classes, and is left out (--multi-label keeps it with all labels): "${parts}/train/dark/0.png" and "${parts}/train/light/c.png"`,
      expect.stringMatching(
        /^warning: 4 pictures are both in training and in validation, and used for validation only: (".*" and ".*"; ){3}…$/,
      ),
      '',
    ]);
    expect(out).toContain(`${join(parts, 'test')}: not used for training or validation\n`);
    expect(out).toMatch(/^next: npx resnet-heads evaluate '.*out of parts' '.*two parts\/test'$/m);
    const test = await cli('evaluate', at('out of parts'), join(parts, 'test'));
    expect(test.out).toMatch(
      /on 4 images\.\nExpected calibration error: \d+\.\d%\.\n\nThe classifier was trained on none of these pictures\.\n$/,
    );
  });

  it('fits a pooled head without options for it, and says how', async () => {
    const { code, out } = await cli('train', at('pictures'), ...BASE, '--out', at('fitted'));
    expect(code).toBe(0);
    expect(out).toMatch(
      /^fitted by L-BFGS; L2 penalty: [\d.e-]+, chosen from \d+\ntraining accuracy 100\.0%, validation accuracy 100\.0%$/m,
    );
    const none = ['--validation', '0', '--l2', '0.25'];
    const given = await cli('train', at('pictures'), ...BASE, '--out', at('fitted'), ...none);
    expect(given.out).toMatch(/^fitted by L-BFGS; L2 penalty: 0\.25\ntraining accuracy 100\.0%$/m);
    const crossed = await cli(
      ...['train', at('pictures'), ...BASE, '--out', at('fitted'), '--validation', '0'],
    );
    expect(crossed.out).toMatch(/^training accuracy 100\.0%, cross-validation accuracy [\d.]+%$/m);
  });

  it.each([
    [
      ['--solver', 'lbfgs', '--head', 'dense'],
      '--solver: expected --head pooled without --dropout',
    ],
    [
      ['--l2', '0.1', '--epochs', '3'],
      '--l2: expected --head pooled and no option of Adam with it',
    ],
    [['--resume'], '--resume: expected --solver adam or an option of Adam with it'],
    [['--solver', 'lbfgs', '--epochs', '3'], '--epochs: expected none with L-BFGS'],
  ])('refuses %j', async (wrong, message) => {
    const { code, err } = await cli('train', at('pictures'), ...BASE, '--out', at('no'), ...wrong);
    expect([code, err.startsWith(`error: ${message}`)]).toEqual([2, true]);
    expect(existsSync(at('no'))).toBe(false);
  });

  it.each([
    [['--epochs', '0'], /^error: --epochs: expected a positive integer, got 0\n$/],
    [['--seed', '99999999999999999999'], /^error: --seed: expected an integer/],
  ])('checks %j before it loads a backbone', async (wrong, message) => {
    // A backbone that isn't there would be told, were it looked for.
    const args = [
      'train',
      at('pictures'),
      '--out',
      at('never'),
      '--backbone',
      at('none'),
      '--preprocessing',
      'tf',
      ...wrong,
    ];
    const { code, out, err } = await cli(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
    expect(existsSync(at('never'))).toBe(false);
  });

  it('quantises the backbone with --int8, says what that costs, and saves it in the classifier', async () => {
    const out = at('int8');
    const train = await cli('train', at('pictures'), ...BASE, '--out', out, '--int8');
    expect(train.code).toBe(0);
    expect(train.out).toMatch(
      /^The backbone takes 0\.0 MB in int8 instead of 0\.0 MB\. On 4 other pictures: accuracy \d+\.\d% in int8, \d+\.\d% in float32; the same answer for \d, mean cosine of the features 0\.9\d+\.$/m,
    );
    expect(train.out).toContain('familiarity.safetensors, backbone.onnx');
    const picture = at('pictures/light/1.png');
    const classify = await cli('classify', out, picture, '--format', 'json');
    expect(JSON.parse(classify.out)).toMatchObject([{ classes: [{ className: 'light' }, {}] }]);

    const exported = await cli('export', out, '--to', 'onnx', '--input', 'pixels');
    expect(exported.out).toBe(`${out}.onnx: an ONNX model, backbone and head joined\n`);
    for (const refused of [
      ['--dtype', 'float16'],
      ['--int8', '--calibrate', at('pictures')],
    ]) {
      const { code, err } = await cli('export', out, '--to', 'onnx', ...refused);
      expect([code, err]).toEqual([2, expect.stringContaining('none for an ONNX backbone')]);
    }

    // Trained again on the file, it is the same classifier.
    const file = ['--backbone', join(out, 'backbone.onnx'), '--preprocessing', 'tf'];
    const again = await cli('train', at('pictures'), ...file, '--out', at('again'));
    expect(again.out).toMatch(/^features: 0 computed, 20 from the cache$/m);
    expect(readFileSync(at('again', 'weights.bin'))).toEqual(
      readFileSync(join(out, 'weights.bin')),
    );

    const { code, err } = await cli('inspect', out);
    expect([code, err]).toEqual([2, expect.stringContaining('inspect its backbone.onnx')]);
  });

  it('only warns where features can’t be kept', async () => {
    const caches = process.env['XDG_CACHE_HOME'];
    writeFileSync(at('file'), '');
    process.env['XDG_CACHE_HOME'] = at('file');
    try {
      const args = ['train', at('pictures'), ...BASE, '--out', at('out')];
      const { code, err } = await cli(...args, '--epochs', '1');
      expect(code).toBe(0);
      expect(
        err.match(/^warning: .*expected a folder to cache features in, got .*$/gm),
      ).toHaveLength(1);
    } finally {
      process.env['XDG_CACHE_HOME'] = caches;
    }
  });

  it.each([
    [['train', 'none', '--out', 'o'], 2, /^error: .*none.*\n$/],
    [['train', 'pictures'], 2, /^error: required option '--out <dir>' not specified\n$/],
    [
      ['train', 'pictures', '--out', 'o', '--backbone', 'base'],
      2,
      /^error: --preprocessing: expected "caffe" .*, as the model was trained, got none; a published name /m,
    ],
    [
      ['train', 'pictures', '--out', 'o', '--backbone', 'none', '--preprocessing', 'tf'],
      2,
      /model\.json: expected a file of a TensorFlow\.js layers model, .*; pass the folder that/,
    ],
    [
      [
        'train',
        'pictures',
        '--out',
        'o',
        '--backbone',
        'base',
        '--preprocessing',
        'tf',
        '--strict',
      ],
      1,
      /broken\.png: expected/,
    ],
    [
      [
        'train',
        'pictures',
        '--out',
        'o',
        '--backbone',
        'none',
        '--preprocessing',
        'tf',
        ...['--epochs', '3', '--resume'],
      ],
      2,
      /^error: --resume: expected the checkpoint of an interrupted run, .*, got no such file; omit this option to start a new run\n$/,
    ],
    [['train', 'pictures', '--out', 'o', '--learning-rate', '-1'], 2, /Expected a positive number/],
    [['explain', 'resnet-mini', '\0'], 2, /: expected a file that can be written, got /],
    [
      ['train', 'pictures', '--out', 'resnet-mini', '--backbone', 'resnet-mini'],
      2,
      /^error: --out: expected a folder whose name is not that of a model, got "resnet-mini"; write \.\/resnet-mini\n$/,
    ],
    [
      ['train', 'no-such-folder', '--out', '.', '--backbone', 'resnet-mini'],
      2,
      /^error: (?!.*backbone)/,
    ],
    [
      ['train', 'pictures', '--out', 'base', '--backbone', 'base', '--preprocessing', 'tf'],
      2,
      /^error: --out: expected a folder other than the backbone's, got ".*"; the backbone would be overwritten\n$/,
    ],
    // The backbone isn't read, nor would one be fetched, before the folder is found wrong.
    [['train', 'pictures', '--out', 'base'], 2, /got "model\.json, weights\.bin, which it did not/],
    [['train', 'pictures', '--out', 'pictures'], 2, /a classifier that resnet-heads wrote, got "/],
    [['train', 'pictures', '--out', 'pictures/light/3.png'], 2, /expected a folder, got "a file"/],
    [['train', 'pictures', '--out', '.'], 2, /\.: expected a folder other than the current one/],
    [
      ['train', 'pictures', '--out', '.', '--backbone', 'base', '--preprocessing', 'tf'],
      2,
      /\.: expected a folder other than the current one/,
    ],
    [
      ['train', 'pictures', '--out', 'pictures/new'],
      2,
      /^error: --out: expected a folder outside the pictures, got ".*new"; it would be taken for a class\n$/,
    ],
    [
      ['evaluate', 'out', 'pictures', '--out', 'out/metadata.json'],
      2,
      /^error: --out: expected a file other than the input/,
    ],
    [
      ['evaluate', 'out', 'pictures', '--format', 'text', '--out', 'pictures/light/3.png'],
      2,
      /^error: --out: expected a file other than the input/,
    ],
    [
      ['inspect', 'base/model.json', '--format', 'text', '--out', 'base/weights.bin'],
      2,
      /^error: --out: expected a file other than the input/,
    ],
    [['evaluate', 'out', 'pictures', '--out', 'base'], 2, /base: expected a file, got "a folder"/],
    [
      ['evaluate', 'out', 'pictures', '--out', 'none/c.svg'],
      2,
      /c\.svg: expected a file that can be written, got ENOENT/,
    ],
    [
      ['explain', 'out', 'pictures/light/3.png', '--out', 'pictures/light/3.png'],
      2,
      /^error: --out: expected a file other than the input, got ".*3\.png"\n$/,
    ],
    [
      ['explain', 'out', 'pictures/light/3.png', 'pictures/dark/4.png', '--out', 'a.png'],
      2,
      /^error: --out: expected a folder, for 2 pictures, got ".*a\.png"\n$/,
    ],
    [
      ['explain', 'out', 'pictures/light/3.png', 'pictures/dark/3.png'],
      2,
      /^error: pictures: expected different names, as each is written to NAME\.seen\.png, got \[/,
    ],
    [
      ['explain', 'none', 'pictures/light/3.png', '--out', 'new maps'],
      2,
      /metadata\.json: expected a file of a saved classifier/,
    ],
    [['explain', 'out', 'pictures/light/3.png', '--out', ''], 2, /^error: --out: expected a path/],
    [['evaluate', 'none', 'pictures'], 2, /metadata\.json: expected a file of a saved classifier/],
    [['classify', 'out', 'none.png'], 1, /none\.png: expected a picture/],
    [['explain', 'out', 'pictures/light/3.png', '--out', 'a.txt'], 2, /ends in \.png/],
    [
      ['explain', 'out', 'pictures/light/3.png', '--out', 'a.png', '--class', 'blue'],
      2,
      /^error: --class: expected one of "dark" and "light", got "blue"\n$/,
    ],
  ])('says in one line what is wrong: %j', async (args, code, message) => {
    const result = await cli(
      ...args.map((arg, i) =>
        i > 0 && /^(none|pictures|base|out|o$|a\.)/.test(arg) ? at(arg) : arg,
      ),
    );
    expect(result.err).toMatch(message);
    expect(result.code).toBe(code);
    expect(result.err).toMatch(/^[^\n]+\n$/);
  });
});
