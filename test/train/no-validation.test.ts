import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { loadBackbone, trainClassifier } from 'resnet-heads';
import sharp from 'sharp';

/** A backbone whose features are the colours of a picture's quarters. */
const quarters = () =>
  loadBackbone(
    tf.sequential({ layers: [tf.layers.averagePooling2d({ inputShape: [4, 4, 3], poolSize: 2 })] }),
    { preprocessing: 'tf' },
  );

const grey = (level: number) => tf.fill<tf.Rank.R3>([4, 4, 3], level);

describe('validation: 0 holds no picture out', () => {
  it('of pictures in hand, where a share of them is held out without it', async () => {
    const before = tf.memory().numTensors;
    const backbone = await quarters();
    const pictures = [20, 30, 200, 210].map((level) => ({
      picture: grey(level),
      label: level < 100 ? 'dark' : 'light',
    }));
    const options = { epochs: 2 };
    const all = await trainClassifier(backbone, pictures, { ...options, validation: 0 });
    expect(all.training?.pictures).toEqual({ train: 4, validation: 0 });
    expect(all.history[0]?.validationLoss).toBeUndefined();
    const some = await trainClassifier(backbone, pictures, options);
    expect(some.training?.pictures).toEqual({ train: 2, validation: 2 });
    for (const each of [all, some, backbone]) each.dispose();
    tf.dispose(pictures.map(({ picture }) => picture));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('of a folder, unless that has pictures to validate on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'no-validation-'));
    for (const [part, width] of [
      ['train', 8],
      ['val', 9],
    ] as const) {
      for (const background of ['red', 'green']) {
        mkdirSync(join(folder, part, background), { recursive: true });
        for (const height of [8, 9]) {
          const create = { width, height, channels: 3, background } as const;
          await sharp({ create }).toFile(join(folder, part, background, `${height}.png`));
        }
      }
    }
    const backbone = await quarters();
    const options = { validation: 0, epochs: 1 };
    const classifier = await trainClassifier(backbone, join(folder, 'train'), options);
    expect(classifier.training?.pictures).toEqual({ train: 4, validation: 0 });
    await expect(trainClassifier(backbone, folder, options)).rejects.toThrow(
      /^validation: expected none, as .* has "val" to validate on, got 0; leave it out$/,
    );
    for (const each of [classifier, backbone]) each.dispose();
    rmSync(folder, { recursive: true });
  });
});
