import * as tf from '@tensorflow/tfjs';
import { pooledHead, preprocess } from 'resnet-heads';
import type { EngineName } from '../../src/engine/names';
import { startEngine } from '../../src/engine/start';
import { reductionOf } from '../../src/train/extractor';
import { draw, drawWeights } from '../setup/draw';
import type { Case } from './conformance/case';
import { miniBase } from './conformance/models';

const COUNT = 3;
const SIZE = 32;
const HEAD = pooledHead({ numClasses: 2, pooling: 'catavgmax' });

/** An engine's features, pooled by it, against those of the layers. */
const engineCase = (engine: EngineName): Case => ({
  name: `engine ${engine}: features, against the layers`,
  async run(check, surroundings) {
    const base = await miniBase(surroundings);
    drawWeights(base);
    const reduction = reductionOf(base, HEAD);
    const task = {
      ...{ model: base, reduction: reduction.model },
      ...({ preprocessing: 'caffe' } as const),
    };
    const started = await startEngine(task, engine);
    try {
      const values = draw('pixels', COUNT * SIZE * SIZE * 3, 0, 256);
      const images = tf.tensor4d(values, [COUNT, SIZE, SIZE, 3]);
      const read = async (count: number) => {
        const pixels = images.slice(0, count);
        const found = await started.run(pixels);
        const data = await found.data();
        tf.dispose([pixels, found]);
        return data;
      };
      const expected = tf.tidy(() => {
        const maps = base.predict(preprocess(images, 'caffe')) as tf.Tensor;
        return reduction.model ? (reduction.model.predict(maps) as tf.Tensor) : maps;
      });
      check.close(await read(COUNT), await expected.data());
      // Another batch size.
      const all = await expected.data();
      check.close(await read(1), all.subarray(0, all.length / COUNT));
      tf.dispose([images, expected]);
    } finally {
      await started.dispose();
      reduction.dispose();
      base.dispose();
    }
  },
});

/** What only Node does, by backend: a page has cases of its own. */
export const nodeCases = (backend: string): readonly Case[] => [
  engineCase('layers'),
  engineCase('onnxruntime'),
  ...(backend === 'tensorflow' ? [engineCase('tensorflow')] : []),
  ...(backend === 'webgpu' ? [engineCase('onnxruntime-webgpu')] : []),
];
