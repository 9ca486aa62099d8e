import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  loadBackbone,
  type LoadBackboneOptions,
  loadClassifier,
  type LoadClassifierOptions,
} from 'resnet-heads';
import { sha256 } from '../../src/sha256';
import { archive, FOLDER } from '../keras/goldens';
import { expectNoLeak } from '../setup/memory';
import { miniClassifier, miniResnet } from '../setup/mini-resnet';
import { saveModel } from '../setup/save-model';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const HASH = { algorithm: 'sha256', hex: '0'.repeat(64) } as const;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-options-'));
  const model = miniResnet('v1', 1);
  await saveModel(model, at('model'));
  model.dispose();
  const classifier = await loadClassifier(miniClassifier('v1', 2, 1), {
    ...{ classes: ['dark', 'light'], preprocessing: 'caffe' },
  });
  await classifier.save(at('classifier'));
  classifier.dispose();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Nothing listens there: what is refused is refused before it is asked for. */
const ADDRESS = 'http://localhost:1';

describe('options that decide nothing for a model of several files', () => {
  const wrong: readonly (LoadBackboneOptions & LoadClassifierOptions)[] = [
    { integrity: HASH },
    { mirror: ADDRESS },
    { cache: false },
    { cacheFolder: 'cache' },
  ];

  it.each(wrong)('are refused: %j', async (options) => {
    const [name = ''] = Object.keys(options);
    const expected = {
      name: 'ArgumentError',
      message: expect.stringContaining(`${name}: expected none for a `) as string,
    };
    await expectNoLeak(async () => {
      for (const source of [
        at('model'),
        at('model/model.json'),
        `${ADDRESS}/model.json`,
        `${ADDRESS}/m`,
      ]) {
        const loaded = loadBackbone(source, { preprocessing: 'caffe', ...options });
        await expect(loaded).rejects.toMatchObject(expected);
      }
      for (const source of [at('classifier'), `${ADDRESS}/classifier`]) {
        await expect(loadClassifier(source, options)).rejects.toMatchObject(expected);
      }
      const known = { classes: ['dark', 'light'], preprocessing: 'caffe' } as const;
      const whole = loadClassifier(at('classifier/model.json'), { ...known, ...options });
      await expect(whole).rejects.toMatchObject(expected);
    });
  });
});

it('a .keras file is held against its hash', async () => {
  const file = join(FOLDER, 'preactivated.keras');
  const load = (integrity: LoadBackboneOptions['integrity']) =>
    loadBackbone(file, { preprocessing: 'caffe', ...(integrity && { integrity }) });
  await expectNoLeak(async () => {
    await expect(load(HASH)).rejects.toMatchObject({
      name: 'WeightsError',
      message: expect.stringContaining(`${file}: expected sha256 ${HASH.hex}, got `) as string,
    });
    await expect(load({ ...HASH, hex: 'abc' })).rejects.toThrow('integrity.hex: expected 64');
    const hex = await sha256(archive('preactivated'));
    (await load({ ...HASH, hex })).dispose();
  });
});

it('a saved classifier with a name twice is none', async () => {
  const file = at('classifier/metadata.json');
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, before.replace('"light"', '"dark"'));
  await expectNoLeak(() =>
    expect(loadClassifier(at('classifier'))).rejects.toThrow(
      'metadata.classes: expected each name once, got "dark"',
    ),
  );
  writeFileSync(file, before);
});

it('a signal that was given before loads nothing', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  const preprocessing = 'caffe';
  const classes = ['dark', 'light'];
  await expectNoLeak(async () => {
    for (const loaded of [
      loadBackbone(at('model'), { preprocessing, signal }),
      loadBackbone(join(FOLDER, 'preactivated.keras'), { preprocessing, signal }),
      loadClassifier(at('classifier'), { signal }),
      loadClassifier(at('classifier/model.json'), { classes, preprocessing, signal }),
    ]) {
      await expect(loaded).rejects.toThrow('enough');
    }
  });
});
