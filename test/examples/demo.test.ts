import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { extractFeatures } from 'resnet-heads';
import sharp from 'sharp';
import { digits } from '../../examples/demo/digits';
import { randomBackbone } from '../../examples/demo/random-backbone';
import { modelFiles } from '../../src/train/saved/write-model';

const root = join(__dirname, '..', '..');

// In plain JavaScript a ResNet-50 takes a second for each picture.
beforeAll(async () => {
  expect(await tf.setBackend('wasm')).toBe(true);
});

describe('digits', () => {
  it('are so many of each, as white strokes on black', () => {
    const pictures = digits(3, 2);
    expect(pictures.map(({ label }) => label).join('')).toBe('00112233445566778899');
    const [first, second] = pictures.map(({ picture }) => picture as tf.PixelData);
    expect(first).toMatchObject({ width: 28, height: 28 });
    expect(first!.data).not.toEqual(second!.data);
    const pixels = tf.browser.fromPixels(first!);
    const values = pixels.dataSync();
    expect([Math.min(...values), Math.max(...values)]).toEqual([0, 255]);
    pixels.dispose();
  });
});

describe('a random backbone', () => {
  it('has features of ordinary size, which tell pictures apart, and leaves nothing behind', async () => {
    const before = tf.memory().numTensors;
    const backbone = await randomBackbone([32, 32]);
    expect(backbone).toMatchObject({ inputSize: [32, 32], preprocessing: 'tf' });
    const { values } = await extractFeatures(backbone, digits(50, 1));
    const { mean, variance } = tf.moments(values, 0);
    // With statistics of 0 and 1 the mean is above 8, and no head learns.
    expect(tf.tidy(() => mean.mean().arraySync())).toBeLessThan(2);
    expect(tf.tidy(() => variance.mean().arraySync())).toBeGreaterThan(0.01);
    tf.dispose([values, mean, variance]);
    backbone.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('npm run demo -- FOLDER', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'demo-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("compares heads and shows predictions on the user's pictures and backbone", async () => {
    for (const background of ['red', 'green']) {
      mkdirSync(join(folder, 'pictures', background), { recursive: true });
      for (let width = 8; width < 18; width++) {
        const create = { width, height: 8, channels: 3, background } as const;
        await sharp({ create }).toFile(join(folder, 'pictures', background, `${width}.png`));
      }
    }
    const model = tf.sequential({
      layers: [tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3 })],
    });
    mkdirSync(join(folder, 'model'));
    for (const [name, bytes] of Object.entries(await modelFiles(model))) {
      writeFileSync(join(folder, 'model', name), bytes);
    }
    model.dispose();
    const { stdout } = await promisify(execFile)(
      join(root, 'node_modules', '.bin', 'tsx'),
      [
        ...['examples/demo/main.ts', join(folder, 'pictures')],
        ...['--backbone', join(folder, 'model'), '--preprocessing', 'tf'],
      ],
      { cwd: root },
    );
    expect(stdout).toContain('accuracy in training');
    expect(stdout).toMatch(/Accuracy: .* of 4 images/);
    expect(stdout.match(/(right|WRONG) {2}(red|green)\/\d+\.png: is \2, taken for/g)).toHaveLength(
      4,
    );
  });
});
