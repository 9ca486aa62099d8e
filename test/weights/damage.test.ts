import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { loadWeights } from 'resnet-heads';
import { miniClassifier } from '../setup/mini-resnet';

/** `npm run test:damage` raises it to 20,000 and says what came of them. */
const RUNS = Number(process.env['DAMAGE_RUNS'] ?? 1000);

const FILES = [
  'keras2-weights.h5',
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

describe('damaged weight files', () => {
  it(
    'are refused with an error of ours, or load whole; a refused one leaves the model as it was',
    async () => {
      const models = { v1: miniClassifier('v1', 10, 1), 'v1.5': miniClassifier('v1.5', 10, 1) };
      const counts = { loaded: 0, refused: 0 };
      const tensors = tf.memory().numTensors;
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
          const model = models[file.name.startsWith('torch') ? 'v1.5' : 'v1'];
          const before = bits(model);
          try {
            await loadWeights(model, bytes);
            counts.loaded += 1;
          } catch (error) {
            counts.refused += 1;
            expect((error as Error).name).toBe('WeightsError');
            expect(bits(model)).toBe(before);
          }
          expect(tf.memory().numTensors).toBe(tensors);
        }),
        { numRuns: RUNS },
      );
      expect(counts.loaded + counts.refused).toBeGreaterThanOrEqual(RUNS);
      expect(counts.refused).toBeGreaterThan(RUNS / 10);
      process.stdout.write(
        `damaged weight files: ${counts.refused} refused, ${counts.loaded} loaded\n`,
      );
    },
    // Each run parses and compares a model; on two cores a thousand take half a minute.
    RUNS * 500,
  );
});
