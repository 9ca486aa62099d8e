import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { pooledHead } from 'resnet-heads';
import {
  evaluateFolder,
  loadClassifier,
  trainFolder,
  type TrainFolderOptions,
} from 'resnet-heads/node';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-train-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Discs on dark ground and squares on light ground: what any features tell apart. */
async function draw(path: string, kind: 'disc' | 'square', i: number): Promise<void> {
  const at = 6 + (i % 12);
  const shape =
    kind === 'disc'
      ? `<circle cx="${at + 8}" cy="16" r="8" fill="#f${i % 10}4"/>`
      : `<rect x="${at}" y="8" width="16" height="16" fill="#02${i % 10}"/>`;
  const ground = kind === 'disc' ? '#113' : '#dde';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="32"><rect width="40" height="32" fill="${ground}"/>${shape}</svg>`;
  await sharp(Buffer.from(svg)).png().toFile(path);
}

async function pictures(place: string, count: number, from = 0): Promise<string> {
  for (const kind of ['disc', 'square'] as const) {
    mkdirSync(join(folder, place, kind), { recursive: true });
    for (let i = from; i < from + count; i++) {
      await draw(join(folder, place, kind, `${i}.png`), kind, i);
    }
  }
  return join(folder, place);
}

const options = (more: Partial<TrainFolderOptions> = {}): TrainFolderOptions => ({
  head: pooledHead({ numClasses: 2 }),
  preprocessing: 'tf',
  out: join(folder, 'out'),
  epochs: 30,
  patience: 30,
  learningRate: 0.05,
  cacheFolder: join(folder, 'cache'),
  ...more,
});
const weights = () => readFileSync(join(folder, 'out/weights.bin'));

describe('trainFolder', () => {
  it('trains, saves a classifier that works, and leaves the base as it was', async () => {
    const source = await pictures('pictures', 20);
    const base = miniResnet('v1', 1);
    await expectNoLeak(async () => {
      const first = await trainFolder(base, source, options());
      expect(first).toMatchObject({
        classes: ['disc', 'square'],
        images: { train: 32, validation: 8 },
        computed: 40,
      });
      expect(first.history[first.bestEpoch]!.validationAccuracy).toBe(1);
      expect(readdirSync(join(folder, 'out')).sort()).toEqual([
        ...['metadata.json', 'model.json', 'weights.bin'],
      ]);
      const trained = weights();
      const second = await trainFolder(base, source, options());
      expect(second.computed).toBe(0);
      expect(second.history).toEqual(first.history);
      expect(weights().equals(trained)).toBe(true);
    });
    const classifier = await loadClassifier(join(folder, 'out'));
    expect(classifier.metadata).toMatchObject({
      classes: ['disc', 'square'],
      preprocessing: 'tf',
      inputSize: [32, 32],
      baseSha256: expect.stringMatching(/^[\da-f]{64}$/) as string,
    });
    const unseen = await pictures('unseen', 6, 40);
    const { truth, predicted } = await evaluateFolder(classifier, unseen);
    expect(predicted).toEqual(truth);
    expect(truth).toHaveLength(12);
    classifier.dispose();
    base.dispose();
  });

  it('takes the parts that a folder has, and refuses them where their classes differ', async () => {
    await pictures('parts/train', 4);
    await pictures('parts/val', 2, 10);
    const base = miniResnet('v1', 1);
    const { images } = await trainFolder(base, join(folder, 'parts'), options({ epochs: 1 }));
    expect(images).toEqual({ train: 8, validation: 4 });
    mkdirSync(join(folder, 'parts/train/third'));
    await draw(join(folder, 'parts/train/third/1.png'), 'disc', 1);
    await expect(trainFolder(base, join(folder, 'parts'), options())).rejects.toThrow(
      'expected the same classes in train and val, got disc, square, third and disc, square',
    );
    base.dispose();
  });

  it('goes on after it was told to end, to the weights of an unbroken run', async () => {
    const source = await pictures('pictures', 10);
    const base = miniResnet('v1', 1);
    await trainFolder(base, source, options({ epochs: 6 }));
    const expected = weights();
    const controller = new AbortController();
    const stop = options({
      epochs: 6,
      signal: controller.signal,
      callbacks: {
        onEpochEnd: (epoch) => {
          if (epoch === 2) controller.abort();
        },
      },
    });
    const broken = await trainFolder(base, source, stop);
    expect(existsSync(join(folder, 'out.checkpoint.safetensors'))).toBe(true);
    expect([broken.endedBy, broken.history.length]).toEqual(['signal', 3]);
    // What was learnt so far can be used.
    (await loadClassifier(join(folder, 'out'))).dispose();
    expect(weights().equals(expected)).toBe(false);
    const rest = await trainFolder(base, source, options({ epochs: 6, resume: true }));
    expect([rest.endedBy, rest.history.length]).toEqual(['epochs', 6]);
    expect(weights().equals(expected)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['cache', 'out', 'pictures']);
    base.dispose();
  });

  it('keeps the classifier that is there until it has another, and takes nothing else’s place', async () => {
    const source = await pictures('pictures', 5);
    const base = miniResnet('v1', 1);
    await trainFolder(base, source, options({ epochs: 1 }));
    const trained = weights();
    const seen: boolean[] = [];
    const callbacks = {
      onEpochEnd: () => {
        seen.push(weights().equals(trained));
      },
    };
    await trainFolder(base, source, options({ epochs: 2, seed: 3, callbacks }));
    expect(seen).toEqual([true, true]);
    expect(weights().equals(trained)).toBe(false);

    writeFileSync(join(folder, 'out/notes.txt'), 'mine');
    const onProgress = jest.fn();
    const more = options({ epochs: 1, seed: 4, cacheFolder: join(folder, 'other'), onProgress });
    await expectNoLeak(() =>
      expect(trainFolder(base, source, more)).rejects.toThrow(
        'out: expected a new folder, an empty one, or a classifier that resnet-heads wrote, got "notes.txt"; name another folder',
      ),
    );
    expect(onProgress).not.toHaveBeenCalled();
    expect(readdirSync(folder).sort()).toEqual(['cache', 'out', 'pictures']);
    base.dispose();
  });

  it('does not evaluate on classes that it has not learnt', async () => {
    const source = await pictures('pictures', 5);
    const base = miniResnet('v1', 1);
    await trainFolder(base, source, options({ epochs: 1 }));
    const classifier = await loadClassifier(join(folder, 'out'));
    mkdirSync(join(source, 'ring'));
    await draw(join(source, 'ring/1.png'), 'disc', 1);
    await expect(evaluateFolder(classifier, source)).rejects.toThrow(
      'expected folders of the classes disc, square, got "ring"; name the folder that holds those and no other',
    );
    classifier.dispose();
    base.dispose();
  });
});
