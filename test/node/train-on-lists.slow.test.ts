import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  type LabelledPicture,
  loadBackbone,
  type Pictures,
  trainClassifier,
  type TrainOptions,
} from 'resnet-heads';
import { expectNoLeak } from '../setup/memory';
import { drawPictures } from '../setup/picture-folder';
import { smallBase } from '../setup/small-base';

let folder: string;
let backbone: Backbone;
const at = (...names: string[]) => join(folder, ...names);
beforeAll(async () => {
  backbone = await loadBackbone(smallBase({ strides: 8 }), { preprocessing: 'tf' });
});
afterAll(() => {
  backbone.dispose();
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-lists-'));
  await drawPictures(at('pictures'), 10);
  await drawPictures(at('held'), 3, 20);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const NAMES = ['dark', 'light'] as const;

/** Paths of drawn pictures with their labels. */
const listOf = (place: string, numbers: readonly number[]): LabelledPicture[] =>
  NAMES.flatMap((label) => numbers.map((i) => ({ picture: at(place, label, `${i}.png`), label })));

const csv = (rows: readonly string[]): string => {
  writeFileSync(at('pictures.csv'), `${['path,label,split', ...rows].join('\n')}\n`);
  return at('pictures.csv');
};
const rowsOf = (place: string, numbers: readonly number[], split = '') =>
  NAMES.flatMap((label) => numbers.map((i) => `${place}/${label}/${i}.png,${label},${split}`));

const training = (source: Pictures, options: TrainOptions = {}) =>
  trainClassifier(backbone, source, { epochs: 1, learningRate: 0.05, ...options });

/** How it was trained; the classifier is disposed. */
async function trained(source: Pictures, options: TrainOptions = {}) {
  const classifier = await training(source, options);
  classifier.dispose();
  return { ...classifier.training!, classes: classifier.classes };
}

const TEN = Array.from({ length: 10 }, (_, i) => i);

describe('trainClassifier on a .csv file', () => {
  it('comes to what a folder of the same pictures comes to, and evaluates what was held out', async () => {
    const expected = await trained(at('pictures'), { epochs: 3 });
    await expectNoLeak(async () => {
      const classifier = await training(csv(rowsOf('pictures', TEN)), { epochs: 3 });
      expect(classifier.classes).toEqual(['dark', 'light']);
      expect(classifier.history).toEqual(expected.history);
      const { total, leftOut, trainedOn } = await classifier.evaluate(at('pictures.csv'));
      expect({ total, leftOut, trainedOn }).toEqual({ total: 4, leftOut: 16, trainedOn: 0 });
      classifier.dispose();
    });
  });

  it('holds out the same pictures whatever order its rows have', async () => {
    const out = at('out');
    const held = async (rows: readonly string[]) => {
      await trained(csv(rows), { out });
      const { pictures } = JSON.parse(readFileSync(join(out, 'metadata.json'), 'utf8')) as {
        pictures: { validation: string };
      };
      return pictures.validation.match(/.{16}/g)!.sort();
    };
    const rows = rowsOf('pictures', TEN);
    expect(await held([...rows].reverse())).toEqual(await held(rows));
  });

  it('validates on its rows of val, and uses those of test for nothing', async () => {
    const rows = [
      ...rowsOf('pictures', [0, 1, 2, 3], 'train'),
      ...rowsOf('held', [20, 21, 22], 'val'),
      ...rowsOf('pictures', [8, 9], 'test'),
    ];
    const classifier = await training(csv(rows));
    expect(classifier.training).toMatchObject({
      pictures: { train: 8, validation: 6 },
      unused: [`${at('pictures.csv')} (4 rows of test)`],
    });
    expect(await classifier.evaluate(at('pictures.csv'))).toMatchObject({ total: 6, leftOut: 0 });
    // A file with nothing but rows of test is one to test with.
    const tests = csv(rowsOf('pictures', [8, 9], 'test'));
    expect(await classifier.evaluate(tests)).toMatchObject({ total: 4, trainedOn: 0 });
    await expect(training(at('pictures.csv'))).rejects.toThrow(
      /^class "dark": expected training pictures/,
    );
    classifier.dispose();
  });

  it('is told from other files by its extension alone', async () => {
    csv(rowsOf('pictures', [0, 1]));
    cpSync(at('pictures.csv'), at('LIST.CSV'));
    expect((await trained(at('LIST.CSV'))).pictures.train).toBe(2);
    expect((await trained(pathToFileURL(at('LIST.CSV')))).pictures.train).toBe(2);
    cpSync(at('pictures.csv'), at('list.txt'));
    await expect(training(at('list.txt'))).rejects.toThrow('this is another file');
  });

  it('writes beside it', async () => {
    await trained(csv(rowsOf('pictures', [0, 1])), { out: at('pictures.csv-model') });
  });
});

describe('trainClassifier on a list of paths', () => {
  it('takes paths and addresses, in any order, and classes in the order that is given', async () => {
    const list = listOf('pictures', TEN);
    const expected = await trained(at('pictures'), { epochs: 3 });
    expect((await trained(list, { epochs: 3 })).history).toEqual(expected.history);
    const addresses = list.map(({ picture, label }, i) => {
      const url = pathToFileURL(picture as string);
      return { picture: i % 2 === 0 ? url : url.href, label };
    });
    expect((await trained(addresses, { epochs: 3 })).history).toEqual(expected.history);

    const classes = ['light', 'dark'];
    const classifier = await training(list.reverse(), { classes, epochs: 20 });
    expect(classifier.classes).toEqual(classes);
    const picture = at('held/light/20.png');
    const [[best], again] = [
      await classifier.classify(picture),
      await classifier.evaluate(listOf('held', [20, 21])),
    ];
    expect(best?.className).toBe('light');
    expect(again).toMatchObject({ accuracy: 1, truth: [1, 1, 0, 0] });
    classifier.dispose();
  });

  it('leaves out a broken one, and tells of it', async () => {
    writeFileSync(at('broken.png'), 'no picture');
    const onWarning = jest.fn();
    const list = [...listOf('pictures', TEN), { picture: at('broken.png'), label: 'dark' }];
    const missing = [...list, { picture: at('none.png'), label: 'light' }];
    const { pictures } = await trained(missing, { onWarning, validation: 0.5 });
    expect(pictures.train + pictures.validation).toBe(20);
    const told = (onWarning.mock.calls as [Error][]).map(([{ message }]) => message).sort();
    expect(told).toEqual([
      expect.stringContaining(`${at('broken.png')}: expected a picture`),
      expect.stringContaining(
        `${at('none.png')}: expected a picture that can be decoded, got no such file`,
      ),
    ]);
    await expect(training(missing, { strict: true })).rejects.toMatchObject({
      name: 'PictureError',
    });
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'a file twice',
      () => [...listOf('pictures', [0, 1]), ...listOf('./pictures', [1])],
      /^pictures: expected each file once, got ".*1\.png"/,
    ],
    [
      'one class',
      () => listOf('pictures', [0, 1]).slice(0, 2),
      /^pictures: expected pictures of two or more classes, got \["dark"\]/,
    ],
    ['nothing', () => [], /^pictures: expected at least one picture, got \[\]/],
    [
      'no label',
      () => [{ picture: at('pictures/dark/0.png') }],
      /^pictures\[0\]\.label: expected the name of its class, got undefined/,
    ],
    [
      'a label that is a number',
      () => [{ picture: 'x.png', label: 1 }],
      /^pictures\[0\]\.label: expected the name of its class, got 1/,
    ],
    [
      'no picture',
      () => [{ label: 'dark' }],
      /^pictures\[0\]\.picture: expected a picture, got undefined/,
    ],
    [
      'paths alone',
      () => [at('pictures/dark/0.png')],
      /^pictures\[0\]: expected an options object/,
    ],
    ['a folder that isn’t there', () => at('none'), /^pictures: .*there is no such folder/],
    ['no pictures at all', () => 5, /^pictures: expected the path of a folder or a \.csv file/],
  ])('refuses %s', async (_, source, message) => {
    const given = source() as Pictures;
    await expectNoLeak(async () => {
      const error: unknown = await training(given).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'ArgumentError' });
      expect((error as Error).message).toMatch(message);
    });
  });
});

describe('validation', () => {
  it.each<[string, () => Pictures]>([
    ['a folder', () => at('held')],
    ['a list', () => listOf('held', [20, 21, 22])],
    ['a .csv file', () => csv(rowsOf('held', [20, 21, 22]))],
    [
      'a folder with parts, of which its val is meant',
      () => {
        cpSync(at('pictures'), at('parts/train'), { recursive: true });
        cpSync(at('held'), at('parts/val'), { recursive: true });
        return at('parts');
      },
    ],
  ])('may be %s, and all other pictures are trained on', async (_, validation) => {
    await expectNoLeak(async () => {
      const held = validation();
      const classifier = await training(at('pictures'), { validation: held });
      expect(classifier.training).toMatchObject({
        pictures: { train: 20, validation: 6 },
        duplicates: { acrossClasses: [], acrossParts: [] },
      });
      // The record knows both.
      expect(await classifier.evaluate(held)).toMatchObject({ total: 6, trainedOn: 0, leftOut: 0 });
      expect(await classifier.evaluate(at('pictures'))).toMatchObject({ total: 20, trainedOn: 20 });
      classifier.dispose();
    });
  });

  it('has no copy in training, whatever its name there', async () => {
    for (const name of ['a', 'b']) {
      cpSync(at('held/dark/20.png'), at(`pictures/dark/${name}.png`));
    }
    cpSync(at('held/light/21.png'), at('pictures/light/c.png'));
    const { pictures, duplicates } = await trained(at('pictures'), { validation: at('held') });
    expect(pictures).toEqual({ train: 20, validation: 6 });
    expect(duplicates).toEqual({
      acrossClasses: [],
      acrossParts: [
        ['pictures/dark/a.png', 'pictures/dark/b.png', 'held/dark/20.png'].map((name) => at(name)),
        ['pictures/light/c.png', 'held/light/21.png'].map((name) => at(name)),
      ],
    });
  });

  it('takes no class’s every picture', async () => {
    await expectNoLeak(async () => {
      await expect(training(at('pictures'), { validation: at('pictures') })).rejects.toThrow(
        'validation: expected pictures that are not used for training, got copies of all training pictures; pass others, or a fraction such as 0.2',
      );
      await expect(
        training(listOf('pictures', [0, 1]), { validation: listOf('pictures', [0, 1]).slice(2) }),
      ).rejects.toThrow('pictures: expected training pictures of "light", got only copies');
    });
  });

  it('is of the same classes, and is refused beside a part for it', async () => {
    cpSync(at('held/dark'), at('held/grey'), { recursive: true });
    await expect(training(at('pictures'), { validation: at('held') })).rejects.toThrow(
      `${at('held')}: expected folders of the classes dark, light, got "grey"`,
    );
    cpSync(at('pictures'), at('parts/train'), { recursive: true });
    cpSync(at('pictures'), at('parts/val'), { recursive: true });
    rmSync(at('held/grey'), { recursive: true });
    await expect(training(at('parts'), { validation: at('held') })).rejects.toThrow(
      `pictures: expected one part of a data set, got "${at('parts')}"; it has "val" to validate on`,
    );
    await expect(training(at('parts'), { validation: 0.3 })).rejects.toThrow(
      `validation: expected none, as ${at('parts')} has "val" to validate on, got 0.3`,
    );
    await expect(training(at('pictures'), { validation: at('none') })).rejects.toThrow(
      'there is no such folder',
    );
  });
});

describe('out and resume', () => {
  it('are for pictures that are files, and resume for a run with out', async () => {
    const pixels = NAMES.flatMap((label, i) =>
      [0, 1].map((j) => ({ picture: tf.fill<tf.Rank.R3>([8, 8, 3], 100 * i + j), label })),
    );
    await expectNoLeak(async () => {
      await expect(training(pixels, { out: at('out') })).rejects.toThrow(
        'out: expected pictures from files, whose content identifies the run, got "others"',
      );
      for (const source of [pixels, at('pictures')]) {
        await expect(training(source, { resume: true })).rejects.toThrow(
          'resume: expected out, which names the run, got true; pass out',
        );
      }
      await expect(
        training(at('pictures'), { validation: pixels, out: at('out') }),
      ).rejects.toThrow('out: expected pictures from files');
      await expect(training(pixels, { cacheFolder: at('cache') })).rejects.toThrow(
        'cacheFolder: expected none for pictures that are not files',
      );
    });
    tf.dispose(pixels.map(({ picture }) => picture));
  });
});
