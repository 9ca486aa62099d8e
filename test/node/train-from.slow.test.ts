import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import {
  type Backbone,
  type Classifier,
  loadBackbone,
  loadClassifier,
  trainClassifier,
  type TrainOptions,
} from 'resnet-heads';
import { cachedFiles } from '../setup/cached';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

let folder: string;
let backbone: Backbone;
const at = (...names: string[]) => join(folder, ...names);

/** The brightness of each class's pictures. */
const LEVELS = { dark: 40, light: 200, mid: 120 } as const;
type Name = keyof typeof LEVELS;

/** Draws pictures; those of other numbers differ. */
async function draw(place: string, name: Name, from: number, to: number): Promise<void> {
  mkdirSync(at(place, name), { recursive: true });
  for (let i = from; i < to; i++) {
    const level = LEVELS[name];
    const background = { r: level + i, g: level, b: level - i };
    await sharp({ create: { width: 40, height: 40, channels: 3, background } })
      .png()
      .toFile(at(place, name, `${String(i).padStart(2, '0')}.png`));
  }
}

/** The record of a saved classifier, which tests change. */
interface Saved {
  readonly pictures: {
    train: string;
    validation: string;
    excluded?: string;
    counts?: { train: unknown; validation: unknown };
  };
}
const metadataOf = (name: string) =>
  JSON.parse(readFileSync(at(name, 'metadata.json'), 'utf8')) as Saved;
function changeRecord(name: string, change: (record: Saved['pictures']) => void): void {
  const metadata = metadataOf(name);
  change(metadata.pictures);
  writeFileSync(at(name, 'metadata.json'), JSON.stringify(metadata));
}
const hashOf = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
const bytesOf = (name: string, file: string) => readFileSync(at(name, file)).toString('base64');

const cacheFolder = () => at('cache');

async function train(pictures: string, out: string, more: TrainOptions = {}): Promise<Classifier> {
  const options = { out: at(out), cacheFolder: cacheFolder(), ...more };
  return trainClassifier(more.from?.backbone ?? backbone, at(pictures), options);
}

/** What is thrown by training from a saved classifier; nothing is written. */
async function refusal(pictures: string, name = 'model', more: TrainOptions = {}): Promise<string> {
  const from = await loadClassifier(at(name));
  const onProgress = jest.fn();
  const error: unknown = await train(pictures, 'no', { from, onProgress, ...more }).then(
    (grown) => {
      grown.dispose();
      return new Error('nothing was thrown');
    },
    (reason: unknown) => reason,
  );
  from.dispose();
  expect(onProgress).not.toHaveBeenCalled();
  expect(readdirSync(folder)).not.toContain('no');
  expect((error as Error).name).toBe('ArgumentError');
  return (error as Error).message;
}

/** Trains on a saved classifier's pictures, too. */
async function grow(pictures: string, out: string, more: TrainOptions = {}, name = 'model') {
  const from = await loadClassifier(at(name));
  try {
    const grown = await train(pictures, out, { from, ...more });
    const { classes, training } = grown;
    grown.dispose();
    return { classes, training: training! };
  } finally {
    from.dispose();
  }
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-from-'));
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  for (const name of ['dark', 'light'] as const) await draw('old', name, 0, 10);
  (await train('old', 'model')).dispose();
  await draw('new', 'dark', 10, 15);
  await draw('new', 'mid', 0, 10);
});
afterEach(() => {
  backbone.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Copies pictures into the parts that a classifier has them in, as a folder with `train` and `val`. */
function copyByPart(sources: readonly string[], name: string, to: string): void {
  const { validation } = metadataOf(name).pictures;
  for (const source of sources) {
    for (const path of readdirSync(at(source), { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.png')) continue;
      const isHeld = validation.includes(hashOf(at(source, path)).slice(0, 16));
      cpSync(at(source, path), at(to, isHeld ? 'val' : 'train', path));
    }
  }
}

describe('trainClassifier with from', () => {
  it.each<[string, TrainOptions]>([
    ['a pooled head', {}],
    ['views', { views: ['mirror'] }],
    ['Adam', { epochs: 3 }],
  ])('gives the classifier of all pictures in one folder, bit for bit: %s', async (_, more) => {
    // With the same views, so that they are cached.
    if (more.views) (await train('old', 'model', more)).dispose();
    const { classes, training } = await grow('new', 'grown', more);
    expect(classes).toEqual(['dark', 'light', 'mid']);
    expect(training).toMatchObject({ computed: 15, pictures: { train: 28, validation: 7 } });
    expect(metadataOf('grown').pictures.counts).toEqual({
      train: [12, 8, 8],
      validation: [3, 2, 2],
    });
    copyByPart(['old', 'new'], 'grown', 'all');
    (await train('all', 'whole', more)).dispose();
    for (const file of ['weights.bin', 'familiarity.safetensors']) {
      expect(bytesOf('grown', file)).toBe(bytesOf('whole', file));
    }
    expect(metadataOf('grown').pictures).toEqual(metadataOf('whole').pictures);
    // And so do the old pictures among the new ones, without a cache.
    for (const name of ['old', 'new']) cpSync(at(name), at('union'), { recursive: true });
    const again = await grow('union', 'found', { ...more, cacheFolder: at('empty') });
    expect(again.training.computed).toBe(35);
    expect(bytesOf('found', 'weights.bin')).toBe(bytesOf('whole', 'weights.bin'));
  });

  it('needs no old pictures, and leaves the old classifier as it was', async () => {
    rmSync(at('old'), { recursive: true });
    const before = bytesOf('model', 'weights.bin');
    const from = await loadClassifier(at('model'));
    const picture = at('new/dark/10.png');
    const probabilities = await from.classify(picture);
    const grown = await train('new', 'grown', { from });
    expect(await from.classify(picture)).toEqual(probabilities);
    expect(grown.backbone).toBe(from.backbone);
    // The old ones count as known, for the next time as well.
    const again = await train('new', 'again', { from: grown });
    expect(again.training).toMatchObject({ computed: 0, pictures: { train: 28, validation: 7 } });
    expect(bytesOf('again', 'weights.bin')).toBe(bytesOf('grown', 'weights.bin'));
    for (const each of [again, grown, from]) each.dispose();
    expect(bytesOf('model', 'weights.bin')).toBe(before);
  });

  it('frees what it made, also on an error', async () => {
    const from = await loadClassifier(at('model'));
    // Asked for, it is kept.
    expect(from.backbone.name).toBeDefined();
    await expectNoLeak(async () => {
      (await train('new', 'grown', { from })).dispose();
      const other = { from, cacheFolder: at('none') };
      await expect(train('new', 'no', other)).rejects.toThrow('from: expected');
    });
    from.dispose();
  });

  it('takes the place of its own classifier, and only once it is whole', async () => {
    const before = bytesOf('model', 'weights.bin');
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(grow('new', 'model', { signal })).rejects.toThrow('stopped');
    expect(bytesOf('model', 'weights.bin')).toBe(before);
    await grow('new', 'model');
    const loaded = await loadClassifier(at('model'));
    expect(loaded.classes).toEqual(['dark', 'light', 'mid']);
    loaded.dispose();
  });

  it('tells what became of the old classes, as both classifiers evaluate them', async () => {
    const { training } = await grow('new', 'grown');
    expect(training.changes).toMatchObject([
      { className: 'dark', pictures: { before: 10, now: 15 }, heldOut: 2 },
      { className: 'light', pictures: { before: 10, now: 10 }, heldOut: 2 },
    ]);
    for (const [name, time] of [
      ['model', 'before'],
      ['grown', 'now'],
    ] as const) {
      const classifier = await loadClassifier(at(name));
      const evaluation = await classifier.evaluate(at('old'));
      classifier.dispose();
      expect(evaluation.total).toBe(4);
      const right = training.changes!.reduce((sum, each) => sum + each.right[time], 0);
      expect(right / 4).toBe(evaluation.accuracy);
    }
    for (const { right, gained, lost } of training.changes!) {
      expect(right.now - right.before).toBe(gained - lost);
    }
  });

  it('takes pictures of one class, and a .csv file', async () => {
    rmSync(at('new/mid'), { recursive: true });
    expect((await grow('new', 'grown')).classes).toEqual(['dark', 'light']);
    writeFileSync(
      at('new.csv'),
      'path,label,split\nnew/dark/10.png,dark,\nnew/dark/11.png,dark,val\n',
    );
    const { training } = await grow('new.csv', 'listed');
    expect(training.pictures).toEqual({ train: 17, validation: 5 });
    const classifier = await loadClassifier(at('grown'));
    // So it can be measured on them.
    expect((await classifier.evaluate(at('new'))).total).toBe(1);
    classifier.dispose();
  });

  it('keeps the kind of the head and its settings', async () => {
    const head = { name: 'flattened', hiddenUnits: 5, dropout: 0.25 } as const;
    (await train('old', 'flat', { head, epochs: 2 })).dispose();
    const { training } = await grow('new', 'grown', { epochs: 2 }, 'flat');
    expect(training.solver).toBe('adam');
    expect(training.changes).toHaveLength(2);
    const layersOf = (name: string) => {
      const text = readFileSync(at(name, 'model.json'), 'utf8');
      return ['"units":5', '"rate":0.25', '"Flatten"', '"units":3'].map((part) =>
        text.includes(part),
      );
    };
    expect(layersOf('grown')).toEqual([true, true, true, true]);
    // Maps and pooled features are cached separately.
    (await train('new', 'pooled', {})).dispose();
    expect(await refusal('old', 'flat', { head: 'pooled' })).toMatch(
      /^head: expected none with from/,
    );
  });

  it('uses the newer label of a picture, and says so', async () => {
    const [first] = readdirSync(at('old/dark'));
    cpSync(at('old/dark', first!), at('new/mid', 'moved.png'));
    const onWarning = jest.fn();
    const { training } = await grow('new', 'grown', { onWarning });
    expect(onWarning.mock.calls.map(([{ message }]: [Error]) => message)).toEqual([
      `${at('new/mid/moved.png')}: expected "dark", the label with which it was trained on before, got "mid"; the new label is used`,
    ]);
    expect(training.pictures).toEqual({ train: 28, validation: 7 });
    const { counts } = metadataOf('grown').pictures;
    expect(counts).toEqual({
      train: [expect.any(Number), 8, expect.any(Number)],
      validation: [expect.any(Number), 2, expect.any(Number)],
    });
    expect(training.changes![0]!.pictures).toEqual({ before: 10, now: 14 });
  });

  it('refuses to lose a class, such as one that has another name now', async () => {
    cpSync(at('old/light'), at('new/white'), { recursive: true });
    expect(await refusal('new')).toMatch(
      /^from: expected training pictures of each class, got none of "light", as they have other labels now/,
    );
  });

  it('leaves excluded pictures out, old and new ones', async () => {
    cpSync(at('old'), at('both'), { recursive: true });
    cpSync(at('new'), at('both'), { recursive: true });
    const exclude = [at('both/dark/00.png'), at('both/mid/00.png')];
    const { training } = await grow('both', 'grown', { exclude });
    expect(training.pictures.train + training.pictures.validation).toBe(33);
    // They stay excluded.
    const onWarning = jest.fn();
    const next = await grow('both', 'again', { onWarning }, 'grown');
    expect(next.training.pictures).toEqual(training.pictures);
    expect(onWarning).toHaveBeenCalledTimes(1);
    expect(onWarning).toHaveBeenCalledWith(
      expect.objectContaining({
        message: expect.stringMatching(
          /^from: expected pictures that were not excluded before, got 2 that were, and remain so: /,
        ) as string,
      }),
    );
  });

  it.each<[string, () => void, RegExp]>([
    [
      'no features',
      () => {
        rmSync(cacheFolder(), { recursive: true });
      },
      /^from: expected the classifier's own pictures among the new ones, or their features in \S+cache, got none of 20; pass a folder with the old and the new pictures/,
    ],
    [
      'pictures without',
      () => {
        rmSync(cachedFiles(cacheFolder())[0]!);
      },
      / got (4|16) of 20; /,
    ],
    [
      'a damaged file',
      () => {
        truncateSync(cachedFiles(cacheFolder())[0]!, 100);
      },
      / got (4|16) of 20; /,
    ],
    [
      'no labels',
      () => {
        changeRecord('model', (record) => {
          delete record.counts;
        });
      },
      /^from: expected the classifier's own pictures among the new ones, as it was saved by an earlier version, without their labels, got none of 20; pass a folder/,
    ],
    [
      'no record',
      () => {
        changeRecord('model', (record) => {
          Object.assign(record, { train: '', validation: '', counts: undefined });
        });
      },
      /^from: expected a classifier that was trained on picture files with one label each, got one of which it isn't known/,
    ],
  ])('refuses a classifier with %s', async (_, damage, message) => {
    damage();
    expect(await refusal('new')).toMatch(message);
  });

  it('refuses a cache of another backbone, or of no views', async () => {
    rmSync(cacheFolder(), { recursive: true });
    const other = await loadBackbone(miniResnet('v1', 2), { preprocessing: 'tf' });
    const options = { cacheFolder: cacheFolder() };
    (await trainClassifier(other, at('old'), options)).dispose();
    expect(await refusal('new')).toContain('got none of 20');
    const from = await loadClassifier(at('model'));
    await expect(
      trainClassifier(other, at('old'), { ...options, from, out: at('no') }),
    ).rejects.toThrow(
      /^backbone: expected that of the classifier in from, got ".*"; pass from\.backbone/,
    );
    from.dispose();
    other.dispose();
    (await train('old', 'model')).dispose();
    expect(await refusal('new', 'model', { views: ['mirror'] })).toMatch(
      /or their features, and those of their views, in \S+cache, got 4 of 20/,
    );
  });

  it('does without labels and a cache if the old pictures are among the new ones', async () => {
    changeRecord('model', (record) => {
      delete record.counts;
    });
    cpSync(at('old'), at('new'), { recursive: true });
    const held = metadataOf('model').pictures.validation;
    const { training } = await grow('new', 'grown', { cacheFolder: at('empty') });
    expect(training.pictures).toEqual({ train: 28, validation: 7 });
    const { pictures } = metadataOf('grown');
    for (const hash of held.match(/.{16}/g)!) expect(pictures.validation).toContain(hash);
  });

  it.each<[string, unknown]>([
    ['too many', [100, 8]],
    ['too few classes', [16]],
    ['negative ones', [-1, 8]],
    ['text', 'many'],
  ])('refuses a record with %s', async (_, train) => {
    changeRecord('model', (record) => {
      record.counts = { train, validation: [2, 2] };
    });
    await expect(loadClassifier(at('model'))).rejects.toThrow(
      /^metadata\.pictures\.counts\.train: expected the number of pictures of each of 2 classes, 16 at most in all, got /,
    );
  });

  it('takes a fine-tuned classifier with all pictures, as its features are others', async () => {
    const classifier = await loadClassifier(at('model'));
    await classifier.fineTune(at('old'), { epochs: 1 });
    await classifier.save(at('tuned'));
    classifier.dispose();
    expect(metadataOf('tuned').pictures).toEqual(metadataOf('model').pictures);
    expect(await refusal('new', 'tuned')).toContain('got none of 20');
    cpSync(at('old'), at('new'), { recursive: true });
    expect((await grow('new', 'grown', {}, 'tuned')).training.computed).toBe(35);
  });

  it('resumes an interrupted run of Adam, and gives what an unbroken one gives', async () => {
    const stop = new AbortController();
    const onEpoch = () => {
      stop.abort();
    };
    const broken = await grow('new', 'resumed', { epochs: 3, onEpoch, signal: stop.signal });
    expect(broken.training).toMatchObject({ endedBy: 'signal', computed: 15 });
    await grow('new', 'unbroken', { epochs: 3 });
    await grow('new', 'resumed', { epochs: 3, resume: true });
    expect(bytesOf('resumed', 'weights.bin')).toBe(bytesOf('unbroken', 'weights.bin'));
  });

  it('fails if cached features vanish while it trains', async () => {
    const from = await loadClassifier(at('model'));
    const onProgress = () => {
      rmSync(cacheFolder(), { recursive: true, force: true });
    };
    await expectNoLeak(async () => {
      await expect(train('new', 'no', { from, onProgress })).rejects.toThrow(
        /^from: expected cached features to remain while it trains, got some that are gone; /,
      );
      (await train('old', 'model')).dispose();
    });
    expect(readdirSync(folder)).not.toContain('no');
    from.dispose();
  });

  it('refuses what does not fit', async () => {
    for (const [more, message] of [
      [{ classes: ['dark', 'light'] }, /^classes: expected none with from, which has its own/],
      [{ multiLabel: true }, /^multiLabel: expected none with from/],
      [{ from: {} as Classifier }, /^from: expected a classifier from loadClassifier\(\)/],
    ] as const) {
      expect(await refusal('new', 'model', more)).toMatch(message);
    }
    (await train('old', 'several', { multiLabel: true })).dispose();
    expect(await refusal('new', 'several')).toMatch(
      /^from: expected a classifier that was trained on picture files with one label each, got "one with several labels/,
    );
  });

  it('counts pictures that can’t be decoded as no loss', async () => {
    const whole = readFileSync(at('old/dark/00.png'));
    writeFileSync(at('old/dark/cut.png'), whole.subarray(0, 60));
    (await train('old', 'model')).dispose();
    rmSync(at('old'), { recursive: true });
    expect((await grow('new', 'grown')).training.pictures).toEqual({ train: 28, validation: 7 });
  });
});
