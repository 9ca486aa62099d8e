import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import * as tf from '@tensorflow/tfjs';
import { type Backbone, extractFeatures, loadBackbone, pooledHead, preprocess } from 'resnet-heads';
import { tensorflowRunner } from '../../src/node/engine/tensorflow';
import { imageBatches } from '../../src/node/images/batches';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';

/** Two batches, and some. */
const COUNT = 35;

let folder: string;
let base: tf.LayersModel;
let backbone: Backbone;
beforeAll(async () => {
  folder = mkdtempSync(join(os.tmpdir(), 'resnet-heads-backends-'));
  for (let i = 0; i < COUNT; i++) {
    const place = join(folder, 'pictures', i % 2 === 0 ? 'even' : 'odd');
    mkdirSync(place, { recursive: true });
    const background = { r: (i * 37) % 256, g: (i * 91) % 256, b: (i * 151) % 256 };
    const picture = sharp({ create: { width: 40, height: 32, channels: 3, background } });
    await picture.png().toFile(join(place, `${i}.png`));
  }
  base = miniResnet('v1', 1);
  backbone = await loadBackbone(base, { preprocessing: 'tf' });
});
afterAll(() => {
  backbone.dispose();
  rmSync(folder, { recursive: true });
});

/** A place for temporary files that no other test has a part in. */
function ownTemporaryFolder(): string {
  const place = join(folder, 'temporary');
  mkdirSync(place, { recursive: true });
  jest.spyOn(os, 'tmpdir').mockReturnValue(place);
  return place;
}
afterEach(() => {
  jest.restoreAllMocks();
});

describe('extractFeatures of many files', () => {
  it.each([
    [undefined, undefined],
    [pooledHead({ numClasses: 2 }), undefined],
    [undefined, 'layers'],
    [undefined, 'onnxruntime'],
    [pooledHead({ numClasses: 2 }), 'onnxruntime'],
  ] as const)(
    'gives what the base and the head’s pooling give, and leaves nothing behind (%#: engine %s)',
    async (head, engine) => {
      const temporary = ownTemporaryFolder();
      await expectNoLeak(async () => {
        const options = { ...(head && { head }), ...(engine && { engine }) };
        const pictures = join(folder, 'pictures');
        const { values, computed, files = [] } = await extractFeatures(backbone, pictures, options);
        expect([computed, files.length]).toEqual([COUNT, COUNT]);
        const expected: tf.Tensor[] = [];
        for await (const { pixels } of imageBatches(files, { height: 32, width: 32 })) {
          const maps = tf.tidy(() => base.predict(preprocess(pixels, 'tf')) as tf.Tensor);
          expected.push(head ? maps.mean([1, 2]) : maps.clone());
          tf.dispose([pixels, maps]);
        }
        const all = tf.concat(expected);
        expect(values.shape).toEqual(all.shape);
        const scale = Math.max(...all.dataSync().map(Math.abs));
        tf.tidy(() => {
          expect(values.div(scale).dataSync()).toBeAllclose(all.div(scale).dataSync(), 1e-5);
        });
        tf.dispose([values, all, expected]);
      });
      expect(readdirSync(temporary)).toEqual([]);
    },
  );

  it('runs ONNX Runtime from memory where no temporary file can be written', async () => {
    const options = { engine: 'onnxruntime' } as const;
    const pictures = join(folder, 'pictures');
    await expectNoLeak(async () => {
      const fromFiles = await extractFeatures(backbone, pictures, options);
      const spy = jest.spyOn(os, 'tmpdir').mockReturnValue(join(folder, 'missing'));
      const fromMemory = await extractFeatures(backbone, pictures, options);
      expect(spy).toHaveBeenCalled();
      expect(fromMemory.engine).toBe('onnxruntime');
      expect(fromMemory.values.dataSync()).toEqual(fromFiles.values.dataSync());
      tf.dispose([fromFiles.values, fromMemory.values]);
    });
  });

  it('has TensorFlow run the base as one graph, where it is there and the base can be exported', async () => {
    const isNative = tf.getBackend() === 'tensorflow';
    await expectNoLeak(async () => {
      const runner = await tensorflowRunner(base);
      expect(runner !== undefined).toBe(isNative);
      runner?.dispose();
    });
    // No other format has this layer, as far as it is written here.
    const unknown = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [32, 32, 3], filters: 1, kernelSize: 3 }),
        tf.layers.upSampling2d({ size: [2, 2] }),
      ],
    });
    expect(await tensorflowRunner(unknown)).toBeUndefined();
    unknown.dispose();
  });

  it('refuses TensorFlow’s graph on another backend, rather than take another engine', async () => {
    if (tf.getBackend() === 'tensorflow') return;
    await expectNoLeak(async () => {
      const features = extractFeatures(backbone, join(folder, 'pictures'), {
        engine: 'tensorflow',
      });
      await expect(features).rejects.toThrow('engine: expected');
    });
  });
});
