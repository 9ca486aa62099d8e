import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { loadWeights } from 'resnet-heads';
import { damagedFile, type DamagedFile } from '../setup/damaged-files';
import { miniClassifier } from '../setup/mini-resnet';

/** `npm run test:damage` raises it to 20,000 and says what came of them. */
const RUNS = Number(process.env['DAMAGE_RUNS'] ?? 1000);
/** Each run parses and compares a model; on two cores a thousand take half a minute. */
const TIMEOUT_MS = RUNS * 500;

const FILES = [
  'keras2-weights.h5',
  'keras2-libver-latest.h5',
  'keras3-legacy-model.h5',
  'keras3.weights.h5',
  'keras3.keras',
  'torch-v15.safetensors',
].map((name) => ({
  name,
  bytes: new Uint8Array(readFileSync(join(__dirname, '../goldens/weights', name))),
}));

const bits = (model: tf.LayersModel): string =>
  model.weights.map((weight) => Array.from(weight.read().dataSync()).join()).join(';');

/** Loads files into models that are the same for all, and counts what came of them. */
class Loader {
  readonly counts = { loaded: 0, refused: 0 };
  private readonly models = {
    v1: miniClassifier('v1', 10, 1),
    'v1.5': miniClassifier('v1.5', 10, 1),
  };
  private readonly tensors = tf.memory().numTensors;

  async load({ name, bytes }: DamagedFile): Promise<void> {
    const model = this.models[name.startsWith('torch') ? 'v1.5' : 'v1'];
    const before = bits(model);
    try {
      await loadWeights(model, bytes);
      this.counts.loaded += 1;
    } catch (error) {
      this.counts.refused += 1;
      expect((error as Error).name).toBe('WeightsError');
      expect(bits(model)).toBe(before);
    }
    expect(tf.memory().numTensors).toBe(this.tensors);
  }

  report(): void {
    const { loaded, refused } = this.counts;
    process.stdout.write(`damaged weight files: ${refused} refused, ${loaded} loaded\n`);
  }

  dispose(): void {
    for (const model of Object.values(this.models)) model.dispose();
  }
}

describe('damaged weight files', () => {
  it(
    'are refused with an error of ours, or load whole; a refused one leaves the model as it was',
    async () => {
      const loader = new Loader();
      const damage = fc.record({
        file: fc.constantFrom(...FILES),
        // Where formats keep what matters: at the front as often as anywhere.
        writes: fc.array(fc.tuple(fc.oneof(fc.nat(4096), fc.nat(2 ** 20)), fc.nat(255)), {
          maxLength: 12,
        }),
        keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
      });
      await fc.assert(
        fc.asyncProperty(damage, async ({ file, writes, keep }) => {
          const bytes = file.bytes.slice(0, Math.floor(file.bytes.length * keep));
          for (const [at, value] of writes) if (at < bytes.length) bytes[at] = value;
          await loader.load({ name: file.name, bytes });
        }),
        { numRuns: RUNS },
      );
      const { loaded, refused } = loader.counts;
      expect(loaded + refused).toBeGreaterThanOrEqual(RUNS);
      expect(refused).toBeGreaterThan(RUNS / 10);
      loader.report();
      loader.dispose();
    },
    TIMEOUT_MS,
  );

  it(
    'are so where B-trees, heaps, headers, indexes and directories are, or where they are made to do harm',
    async () => {
      const loader = new Loader();
      for (let number = 0; number < RUNS; number++) await loader.load(damagedFile(number));
      const { loaded, refused } = loader.counts;
      expect(refused).toBeGreaterThan(RUNS / 4);
      expect(loaded).toBeGreaterThan(RUNS / 20);
      loader.report();
      loader.dispose();
    },
    TIMEOUT_MS,
  );
});
