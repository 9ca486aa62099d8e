import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { loadWeights } from 'resnet-heads';
import outputs from '../goldens/weights/outputs.json';
import { drawImage, drawWeights } from '../setup/draw';
import { expectNoLeak } from '../setup/memory';
import { miniBasic, miniClassifier, miniResnet, numbers } from '../setup/mini-resnet';

/** Files of scripts/goldens/weight_fixtures.py. */
const read = (name: string) =>
  new Uint8Array(readFileSync(join(__dirname, '../goldens/weights', name)));

describe('a file that Keras wrote', () => {
  it.each([
    ['keras2-weights.h5', 'Keras 2 HDF5 weights'],
    ['keras2-stored-otherwise.h5', 'Keras 2 HDF5 weights'],
    ['keras2-libver-latest.h5', 'Keras 2 HDF5 weights'],
    ['keras3-legacy-model.h5', 'Keras HDF5 model'],
    ['keras3.weights.h5', 'Keras 3 HDF5 weights'],
    ['keras3-unnamed.weights.h5', 'Keras 3 HDF5 weights'],
    ['keras3.keras', 'Keras 3 archive'],
  ])('gives every weight bit for bit, and Keras’s answers: %s', async (name, format) => {
    await expectNoLeak(async () => {
      const expected = miniClassifier();
      drawWeights(expected);
      const model = miniClassifier();
      const report = await loadWeights(model, read(name));
      expect(report).toMatchObject({ format, unused: [], params: expected.countParams() });
      expect(numbers(model)).toEqual(numbers(expected));
      tf.tidy(() => {
        const answer = model.predict(drawImage([32, 32, 3])) as tf.Tensor;
        expect(answer.dataSync()).toBeAllclose(outputs.v1.probabilities, 1e-5);
      });
      expected.dispose();
      model.dispose();
    });
  });

  it.each(['keras2-weights.h5', 'keras3.keras', 'torch-v15.safetensors'])(
    'leaves the model nothing of the bytes that it was read from: %s',
    async (name) => {
      const model = miniClassifier(name.startsWith('torch') ? 'v1.5' : 'v1');
      const bytes = read(name);
      await loadWeights(model, bytes);
      const before = numbers(model);
      bytes.fill(0xff);
      expect(numbers(model)).toEqual(before);
      model.dispose();
    },
  );

  it.each(['keras2-weights.h5', 'keras3.keras', 'torch-v15.safetensors'])(
    'may lie anywhere in a larger Buffer, whose slices are views: %s',
    async (name) => {
      const variant = name.startsWith('torch') ? 'v1.5' : 'v1';
      const [expected, model] = [miniClassifier(variant), miniClassifier(variant)];
      const bytes = read(name);
      await loadWeights(expected, bytes);
      for (const shift of [1, 2, 4]) {
        const larger = Buffer.alloc(bytes.length + 8);
        larger.set(bytes, shift);
        const { sha256 } = await loadWeights(model, larger.subarray(shift, shift + bytes.length));
        expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
        expect(numbers(model)).toEqual(numbers(expected));
      }
      expected.dispose();
      model.dispose();
    },
  );

  it('without a top fits a base, and the base of a classifier', async () => {
    const [base, classifier] = [miniResnet(), miniClassifier()];
    const bytes = read('keras2-notop.h5');
    expect((await loadWeights(base, bytes)).unused).toEqual([]);
    expect((await loadWeights(classifier, bytes, { scope: 'base' })).unused).toEqual([]);
    await expect(loadWeights(classifier, bytes)).rejects.toThrow(
      "weights: expected all weights of the model, got none for predictions/kernel, predictions/bias (2 of 104); load one part with scope: 'base' or 'head', or build the model that the file was saved from",
    );
    base.dispose();
    classifier.dispose();
  });
});

describe('a file under torch’s names', () => {
  it.each([
    ['torch-v15.safetensors', outputs.v15, () => miniClassifier('v1.5'), 17],
    ['torch-v15-f16.safetensors', outputs['v15-f16'], () => miniClassifier('v1.5'), 17],
    ['torch-v15-bf16.safetensors', outputs['v15-bf16'], () => miniClassifier('v1.5'), 17],
    ['torch-basic.safetensors', outputs.basic, miniBasic, 14],
  ])('gives the answers of torchvision’s definition: %s', async (name, golden, build, norms) => {
    await expectNoLeak(async () => {
      const model = build();
      const report = await loadWeights(model, read(name));
      expect(report.unused.every((entry) => entry.endsWith('num_batches_tracked'))).toBe(true);
      expect(report.unused).toHaveLength(norms);
      tf.tidy(() => {
        const image = drawImage(model.inputs[0]!.shape.slice(1) as number[]);
        const answer = model.predict(image) as tf.Tensor;
        expect(answer.dataSync()).toBeAllclose(golden.probabilities, 1e-5);
      });
      model.dispose();
    });
  });

  it('is refused by a v1 model, and Keras’s by a v1.5 one', async () => {
    const [v1, v15] = [miniClassifier('v1'), miniClassifier('v1.5')];
    await expect(loadWeights(v1, read('torch-v15.safetensors'))).rejects.toThrow(
      "build the model with variant: 'v1.5'",
    );
    await expect(loadWeights(v15, read('keras3.keras'))).rejects.toThrow(
      "build the model with variant: 'v1'",
    );
    v1.dispose();
    v15.dispose();
  });
});
