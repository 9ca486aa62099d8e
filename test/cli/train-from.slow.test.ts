import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { terminalOf } from '../../src/cli/terminal';
import { openJoined } from '../../src/cli/train-from';
import { cli } from '../setup/cli';
import { miniResnet } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';
import { saveModel } from '../setup/save-model';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const { env } = process;
const before = env['XDG_CACHE_HOME'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-cli-from-'));
  env['XDG_CACHE_HOME'] = at('caches');
  const base = miniResnet('v1', 1);
  await saveModel(base, at('base'));
  base.dispose();
  await drawPictures(at('old'), 10);
  await drawPictures(at('new'), 5, 20);
  const own = ['--backbone', at('base'), '--preprocessing', 'tf', '--no-report'];
  for (const [name, more] of [
    ['model', []],
    ['dense', ['--head', 'dense', '--hidden-units', '6', '--epochs', '1']],
    ['small', ['--int8']],
  ] as const) {
    const { code } = await cli('train', at('old'), '--out', at(name), ...own, ...more);
    expect(code).toBe(0);
  }
  rmSync(at('old'), { recursive: true });
});
afterAll(() => {
  if (before === undefined) delete env['XDG_CACHE_HOME'];
  else env['XDG_CACHE_HOME'] = before;
  rmSync(folder, { recursive: true, force: true });
});

const grow = (name: string, out: string, ...more: string[]) =>
  cli('train', at('new'), '--from', at(name), '--out', at(out), ...more);

describe('train --from', () => {
  it('trains on old and new pictures, and says what became of the old classes', async () => {
    const { code, out, err } = await grow('model', 'grown');
    expect([code, err]).toEqual([0, '']);
    // The counts of both come first.
    expect(out).toMatch(
      /^class +\| training \| validation\n[- |]+\ndark +\| +12 \| +3\nlight \| +12 \| +3\n/,
    );
    expect(out).toContain(
      `${at('model')}: of its 20 pictures, 0 are among the new ones and 20 in the cache\n`,
    );
    expect(out).toMatch(/^features: 10 computed by onnxruntime, 20 from the cache$/m);
    expect(out).toMatch(
      /^old class \| pictures before \| pictures now \| held out \| accuracy before \| accuracy now \| change\n[- |]+\ndark +\| +10 \| +15 \| +2 \| +100\.0% \| +100\.0% \| +0\.0\nlight +\|.*\nAccuracy of the old classes: 100\.0% \(95 % interval 51\.0% to 100\.0%\) before, 100\.0% \(.*\) now\.\nOf the same 4 held-out pictures, 0 became right and 0 wrong\.\n\n2 classes, 24 training pictures, 6 validation/m,
    );
    const history = JSON.parse(readFileSync(at('grown/history.json'), 'utf8')) as {
      settings: object;
    };
    expect(history).toMatchObject({
      settings: { from: at('model') },
      training: { changes: [{ className: 'dark', heldOut: 2 }, { className: 'light' }] },
    });
    expect(history.settings).not.toHaveProperty('backbone');
    expect(history.settings).not.toHaveProperty('head');
    const report = readFileSync(at('grown/report.html'), 'utf8');
    expect(report).toContain(`--from ${at('model')}`);
    expect(report).not.toContain('keras/resnet50');
    expect(report).toContain('Old classes');
  });

  it('keeps a dense head, whose interrupted run can be resumed', async () => {
    const { code, out } = await grow('dense', 'dense', '--epochs', '1', '--no-report');
    expect(code).toBe(0);
    expect(out).toMatch(/^stopped after 1 epoch; best epoch: 1/m);
    const resumed = await grow('dense', 'other', '--resume');
    expect([resumed.code, resumed.err]).toEqual([
      2,
      expect.stringContaining('resume: expected the checkpoint of an interrupted run') as string,
    ]);
    const pooled = await grow('model', 'other', '--resume');
    expect(pooled.code).toBe(2);
  });

  it('takes a classifier with a backbone in int8', async () => {
    const { code, out, err } = await grow('small', 'small', '--no-report');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^features: 10 computed by onnxruntime, 20 from the cache$/m);
    expect(out).toContain('backbone.onnx');
  });

  it.each([
    ['--backbone', at, 'base'],
    ['--preprocessing', () => 'tf', ''],
    ['--input', () => '64', ''],
    ['--head', () => 'pooled', ''],
    ['--dropout', () => '0.5', ''],
  ] as const)('refuses %s', async (option, value, name) => {
    const { code, out, err } = await grow('model', 'no', option, value(name));
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(option);
  });

  it.each(['--int8', '--multi-label'])('refuses %s', async (option) => {
    const { code, err } = await grow('model', 'no', option);
    expect([code, err]).toEqual([2, expect.stringContaining(option) as string]);
  });

  it('names classes that differ only in case, and where there is nothing to compare', async () => {
    await drawPictures(at('similar'), 3, 50);
    renameSync(at('similar/dark'), at('similar/DARK'));
    const similar = await cli(
      ...['train', at('similar'), '--from', at('model'), '--out', at('alike'), '--no-report'],
    );
    expect([similar.code, similar.err]).toEqual([
      0,
      expect.stringContaining(
        'class "DARK": expected a name that differs from "dark" not only in case',
      ) as string,
    ]);
  });

  it('says what is missing, and names its option', async () => {
    const none = await grow('model', 'no', '--no-cache');
    expect([none.code, none.err]).toEqual([
      2,
      expect.stringMatching(
        /^error: --from: expected the classifier's own pictures among the new ones, as there is no cache, got none of 20; pass a folder/,
      ) as string,
    ]);
    const metadata = JSON.parse(readFileSync(at('model/metadata.json'), 'utf8')) as {
      pictures?: unknown;
    };
    delete metadata.pictures;
    const file = at('model/metadata.json');
    const whole = readFileSync(file);
    writeFileSync(file, JSON.stringify(metadata));
    const { code, err } = await grow('model', 'no');
    writeFileSync(file, whole);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining(
        '--from: expected a classifier that was trained on picture files',
      ) as string,
    ]);
  });

  it('notices that the classifier which it would overwrite has been replaced meanwhile', async () => {
    const silent = terminalOf({ out: () => undefined, err: () => undefined });
    const cacheFolder = at('caches/resnet-heads/features');
    const options = { cacheFolder };
    const elsewhere = await openJoined(silent, at('model'), at('new'), options, at('other'));
    expect(elsewhere.earlier.requireUnchanged).toBeUndefined();
    elsewhere.dispose();
    const joined = await openJoined(silent, at('model'), at('new'), options, at('model'));
    await joined.earlier.requireUnchanged?.();
    expect((await grow('model', 'model', '--no-report')).code).toBe(0);
    await expect(joined.earlier.requireUnchanged?.()).rejects.toThrow(
      'out: expected the classifier that --from has read, got another one that was saved there meanwhile',
    );
    joined.dispose();
    // It can be grown again: each picture counts once.
    const again = await grow('model', 'model', '--no-report');
    expect([again.code, again.out]).toEqual([
      0,
      expect.stringMatching(
        /of its 30 pictures, 10 are among the new ones and 20 in the cache/,
      ) as string,
    ]);
  });
});
