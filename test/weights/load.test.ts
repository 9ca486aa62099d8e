import * as tf from '@tensorflow/tfjs';
import { loadWeights, resnet, saveWeights } from 'resnet-heads';
import { parseSafetensors } from '../../src/weights/formats/safetensors';
import { writeSafetensors } from '../../src/weights/formats/write-safetensors';
import type { NamedArray } from '../../src/weights/formats/named-array';
import { drawWeights } from '../setup/draw';
import { expectNoLeak } from '../setup/memory';
import { miniClassifier, miniResnet, numbers } from '../setup/mini-resnet';

async function drawnFile(change: (arrays: NamedArray[]) => NamedArray[] = (arrays) => arrays) {
  const model = miniClassifier();
  drawWeights(model);
  const bytes = await saveWeights(model);
  model.dispose();
  return writeSafetensors(change([...parseSafetensors(bytes).arrays]));
}

const replace = (name: string, by: (array: NamedArray) => NamedArray) => (arrays: NamedArray[]) =>
  arrays.map((array) => (array.name === name ? by(array) : array));

describe('loadWeights', () => {
  it('sets every weight and reports it', async () => {
    await expectNoLeak(async () => {
      const bytes = await drawnFile();
      const expected = miniClassifier();
      drawWeights(expected);
      for (const source of [bytes, bytes.buffer as ArrayBuffer, new Blob([bytes as BlobPart])]) {
        const model = miniClassifier();
        const report = await loadWeights(model, source);
        expect(numbers(model)).toEqual(numbers(expected));
        expect(report).toMatchObject({
          format: 'safetensors',
          scope: 'all',
          params: expected.countParams(),
          unused: [],
        });
        expect(report.loaded).toHaveLength(expected.weights.length);
        expect(report.sha256).toMatch(/^[0-9a-f]{64}$/);
        model.dispose();
      }
      expected.dispose();
    });
  });

  it('takes tensors by name, which stay the caller’s', async () => {
    await expectNoLeak(async () => {
      const drawn = miniClassifier();
      drawWeights(drawn);
      const model = miniClassifier('v1', 10, 5);
      const tensors = Object.fromEntries(
        drawn.weights.map((weight) => [weight.originalName, weight.read()]),
      );
      const report = await loadWeights(model, tensors);
      expect([report.format, report.sha256]).toEqual(['tensors', undefined]);
      expect(numbers(model)).toEqual(numbers(drawn));
      drawn.dispose();
      model.dispose();
    });
  });

  it('keeps to its scope', async () => {
    const bytes = await drawnFile();
    const base = miniClassifier('v1', 3, 7);
    const before = numbers(base);
    const head = base.getLayer('predictions').countParams();
    const report = await loadWeights(base, bytes, { scope: 'base' });
    expect(report.unused).toEqual(['predictions/kernel', 'predictions/bias']);
    expect(numbers(base).slice(-head)).toEqual(before.slice(-head));
    expect(numbers(base).slice(0, -head)).not.toEqual(before.slice(0, -head));
    base.dispose();

    const other = miniClassifier('v1', 10, 7);
    const { loaded } = await loadWeights(other, await saveWeights(other, { scope: 'head' }), {
      scope: 'head',
    });
    expect(loaded).toEqual(['predictions/kernel', 'predictions/bias']);
    other.dispose();
  });

  it('loads a base without its head, and says what it left', async () => {
    const base = miniResnet();
    const { unused } = await loadWeights(base, await drawnFile());
    expect(unused).toEqual(['predictions/kernel', 'predictions/bias']);
    base.dispose();
  });

  it('loads a second model, whose weights TensorFlow.js names kernel_1, and a frozen one', async () => {
    const bytes = await drawnFile();
    const [first, second] = [miniClassifier(), miniClassifier()];
    for (const layer of second.layers) layer.trainable = false;
    await loadWeights(first, bytes);
    await loadWeights(second, bytes);
    expect(numbers(second)).toEqual(numbers(first));
    first.dispose();
    second.dispose();
  });

  const conv = 'conv2_block1_1_conv/kernel';
  it.each<[string, () => Promise<Uint8Array> | Uint8Array, () => tf.LayersModel, string]>([
    [
      'a missing weight',
      () => drawnFile((arrays) => arrays.filter(({ name }) => name !== conv)),
      miniClassifier,
      `weights: expected all weights of the model, got none for ${conv} (1 of 104); load one part with scope: 'base' or 'head', or build the model that the file was saved from`,
    ],
    [
      'another model',
      () => writeSafetensors([{ name: 'bert/kernel', shape: [1], data: Float32Array.of(1) }]),
      miniClassifier,
      'weights: expected all weights of the model, got none for conv1_conv/kernel, conv1_conv/bias, conv1_bn/gamma and 101 more (104 of 104); the file has names such as "bert/kernel"; it may be for another model',
    ],
    [
      'other classes',
      () => drawnFile(),
      () => miniClassifier('v1', 3),
      'weights: predictions/kernel expected [64, 3], got [64, 10]; build the model with the depth, number of classes and input shape that the weights were trained with',
    ],
    [
      "torch's order of axes",
      () => drawnFile(replace('conv1_conv/kernel', (array) => ({ ...array, shape: [2, 3, 7, 7] }))),
      miniClassifier,
      "weights: conv1_conv/kernel expected [7, 7, 3, 2], got [2, 3, 7, 7]; this looks like PyTorch's OIHW order: keep PyTorch's names, whose arrays are transposed on loading",
    ],
    [
      'a number that is none',
      () =>
        drawnFile(
          replace(conv, (array) => ({
            ...array,
            data: array.data.map((v, i) => (i === 3 ? NaN : v)),
          })),
        ),
      miniClassifier,
      `weights: ${conv} expected finite numbers, got NaN at 3; the file is damaged, or its training diverged`,
    ],
    [
      'v1 for v1.5',
      () => drawnFile(),
      () => miniClassifier('v1.5'),
      "weights: expected weights of a ResNet v1.5, got those of a v1 (the file has conv1_conv/bias); build the model with variant: 'v1'",
    ],
    [
      'v1.5 for v1',
      () => drawnFile((arrays) => arrays.filter(({ name }) => !name.endsWith('_conv/bias'))),
      miniClassifier,
      "weights: expected weights of a ResNet v1, got those of a v1.5 (the file has no conv1_conv/bias); build the model with variant: 'v1.5'",
    ],
    [
      'a web page',
      () => new TextEncoder().encode('<!doctype html>'),
      miniClassifier,
      'weights: expected HDF5, .keras or safetensors, got 15 bytes that begin with 3c 21 64 6f 63 74 79 70; this looks like a web page: open the address in a browser',
    ],
    [
      'a pickle',
      () => Uint8Array.of(0x80, 2),
      miniClassifier,
      'weights: expected HDF5, .keras or safetensors, got 2 bytes that begin with 80 02; this is a pickle, the older format of PyTorch; in Python, save it as safetensors: safetensors.torch.save_file(torch.load(path, weights_only=True), "model.safetensors")',
    ],
    [
      'nothing',
      () => new Uint8Array(),
      miniClassifier,
      'weights: expected HDF5, .keras or safetensors, got 0 bytes; the file is empty',
    ],
  ])('rejects %s and leaves the model as it was', async (_, makeSource, makeModel, message) => {
    await expectNoLeak(async () => {
      const source = await makeSource();
      const model = makeModel();
      drawWeights(model);
      const before = numbers(model);
      await expect(loadWeights(model, source)).rejects.toMatchObject({
        name: 'WeightsError',
        message,
      });
      expect(numbers(model)).toEqual(before);
      model.dispose();
    });
  });

  it('says which ResNet a file is for, where it is another depth', async () => {
    // As much as tells a ResNet-34: it has as many blocks as a ResNet-50.
    const blocks = Array.from({ length: 6 }, (_, i) => `conv4_block${i + 1}_1`);
    const file = writeSafetensors(
      ['conv1', ...blocks].map((name) => ({
        name: `${name}_conv/kernel`,
        shape: [1],
        data: Float32Array.of(1),
      })),
    );
    await expectNoLeak(async () => {
      const model = resnet({ inputShape: [32, 32, 3], weights: 'pending' });
      await expect(loadWeights(model, file)).rejects.toThrow(
        "weights: expected weights of a ResNet-50 v1, got those of a ResNet-34 v1.5; build the model with depth: 34, variant: 'v1.5'",
      );
      model.dispose();
    });
  });

  it('finds a number that is none wherever it stands, and takes any other', async () => {
    const model = miniClassifier();
    // Of 294 numbers, an even number that four doesn't divide.
    const kernel = 'conv1_conv/kernel';
    const fileWith = (value: number, at: number) =>
      drawnFile(
        replace(kernel, (array) => {
          const data = array.data.slice();
          data[at] = value;
          return { ...array, data };
        }),
      );
    for (const value of [NaN, Infinity, -Infinity]) {
      for (const at of [0, 1, 2, 3, 291, 292, 293]) {
        await expect(loadWeights(model, await fileWith(value, at))).rejects.toThrow(
          `weights: ${kernel} expected finite numbers, got ${value} at ${at}; `,
        );
      }
    }
    // The largest and the smallest of single precision, and a zero with a sign.
    for (const value of [3.4028234663852886e38, -3.4028234663852886e38, 2 ** -149, -0]) {
      await loadWeights(model, await fileWith(value, 2));
      expect(numbers(model)[2]).toBe(value);
    }
    model.dispose();
  });

  it('rejects wrong arguments, and an aborted signal', async () => {
    const model = miniClassifier();
    const argument = (message: string) => ({ name: 'ArgumentError', message });
    await expect(loadWeights(model, './resnet50.h5')).rejects.toMatchObject(
      argument(
        'source: expected "imagenet", a name of pretrainedWeights(), an http(s) URL, or the path of a file, got "./resnet50.h5"; there is no such file',
      ),
    );
    await expect(loadWeights(model, { a: 1 } as never)).rejects.toMatchObject(
      argument('source "a": expected a tf.Tensor, got 1'),
    );
    await expect(
      loadWeights(model, new Uint8Array(), { scope: 'tail' as 'head' }),
    ).rejects.toMatchObject(argument('scope: expected one of "all", "base", "head", got "tail"'));
    await expect(
      loadWeights(model, new Uint8Array(), { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ name: 'AbortError' });
    await expect(saveWeights(miniResnet(), { scope: 'head' })).rejects.toMatchObject(
      argument(
        'scope: expected a part of the model that has weights, got "head"; see splitModel()',
      ),
    );
    model.dispose();
  });

  it('saves a pooled head in little more than its numbers', async () => {
    const model = miniClassifier();
    const bytes = await saveWeights(model, { scope: 'head' });
    expect(bytes.length).toBeGreaterThan(4 * 650);
    expect(bytes.length).toBeLessThan(4 * 650 + 200);
    model.dispose();
  });
});
