import * as tf from '@tensorflow/tfjs';
import { foldBatchNorm, freeze, planResnet, resnet, splitModel } from 'resnet-heads';
import { fineTune } from '../../src/train/fine-tune';
import { hashModel } from '../../src/weights/hash-model';
import { drawImage, drawWeights } from '../setup/draw';
import { expectNoLeak } from '../setup/memory';
import { miniBasic, numbers } from '../setup/mini-resnet';
import { rowsOf } from '../setup/model-rows';
import { expectSameAnswers } from '../setup/onnx';
import { reload } from '../setup/reload';

/** tfjs-node would report on each epoch. */
const QUIET = { verbose: 0 };

function drawn(): tf.LayersModel {
  const model = miniBasic();
  drawWeights(model);
  return model;
}

const image = () => drawImage([64, 96, 3]);
const answer = (model: tf.LayersModel) =>
  tf.tidy(() => (model.predict(image()) as tf.Tensor).dataSync<'float32'>());

describe('a ResNet of basic blocks', () => {
  it('has two 3×3 a block, the stride on the first, and a projection from conv3 on', () => {
    const model = drawn();
    const partsOf = (block: string) =>
      model.layers.flatMap(({ name }) =>
        name.startsWith(block) ? [name.slice(block.length)] : [],
      );
    const plain = ['1_conv', '1_bn', '1_relu', '2_conv', '2_bn', 'add', 'out'];
    expect(partsOf('conv2_block1_')).toEqual(plain);
    expect(partsOf('conv3_block2_')).toEqual(plain);
    expect(partsOf('conv3_block1_').sort()).toEqual(['0_bn', '0_conv', '1_pad', ...plain].sort());
    const convolution = (name: string) => model.getLayer(name).getConfig();
    expect(convolution('conv3_block1_1_conv')).toMatchObject({
      strides: [2, 2],
      padding: 'valid',
      useBias: false,
    });
    expect(convolution('conv3_block1_2_conv')).toMatchObject({ strides: [1, 1], padding: 'same' });
    expect(model.getLayer('conv3_block1_1_bn').getConfig()['epsilon']).toBe(1e-5);
    model.dispose();
  });

  it.each([18, 34] as const)('is built as it is planned at depth %i', async (depth) => {
    await expectNoLeak(() => {
      const model = resnet({ depth, inputShape: [64, 96, 3], weights: 'pending' });
      const { layers } = planResnet({
        head: 'pooled',
        numClasses: 2,
        depth,
        inputShape: [64, 96, 3],
      });
      const planned = layers
        .filter(({ part }) => part === 'base')
        .map(({ name, type, outputShape, params }) => [name, type, outputShape, params]);
      expect([...rowsOf(model)].sort()).toEqual(planned.sort());
      expect(model.outputShape).toEqual([null, 2, 3, 512]);
      expect(model.name).toBe(`resnet${depth}v1_5`);
      model.dispose();
    });
  });

  it('is folded', async () => {
    const model = drawn();
    await expectNoLeak(async () => {
      const { model: folded, kept, maxError } = await foldBatchNorm(model, { measure: true });
      expect(kept).toEqual([]);
      expect(maxError).toBeLessThan(1e-5);
      expect(answer(folded)).toBeAllclose(answer(model), 1e-5);
      folded.dispose();
    });
    model.dispose();
  });

  it('is frozen: its head learns, its base stays bit for bit', async () => {
    const model = drawn();
    const head = model.getLayer('predictions').countParams();
    const before = numbers(model);
    freeze(model);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    const [x, y] = [image(), tf.tidy(() => tf.oneHot([0], 10))];
    await model.fit(x, y, { epochs: 1, ...QUIET });
    const after = numbers(model);
    expect(after.slice(0, -head)).toEqual(before.slice(0, -head));
    expect(after.slice(-head)).not.toEqual(before.slice(-head));
    model.optimizer.dispose();
    tf.dispose([x, y]);
    model.dispose();
  });

  it('is split, saved and loaded, and told by its hash', async () => {
    const model = drawn();
    await expectNoLeak(async () => {
      const loaded = await reload(model);
      expect(await hashModel(loaded)).toBe(await hashModel(model));
      const { base, head } = splitModel(loaded);
      expect(base.outputShape).toEqual([null, 2, 3, 16]);
      tf.tidy(() => {
        const parted = head.predict(base.predict(image())) as tf.Tensor;
        expect(parted.dataSync()).toEqual(answer(model));
      });
      tf.tidy(() => {
        const layer = loaded.getLayer('conv5_block1_2_conv');
        layer.setWeights(layer.getWeights().map((kernel) => kernel.add(1)));
      });
      expect(await hashModel(loaded)).not.toBe(await hashModel(model));
      head.dispose();
      tf.dispose(loaded.weights.map((weight) => weight.read()));
    });
    model.dispose();
  });

  it('is fine-tuned in its last stage', async () => {
    const model = drawn();
    const before = (name: string) => [...model.getLayer(name).getWeights()[0]!.dataSync()];
    const [last, earlier] = ['conv5_block1_2_conv', 'conv4_block1_2_conv'] as const;
    const kernels = [before(last), before(earlier)];
    function* batches() {
      yield { images: image(), labels: [3] };
    }
    await fineTune(model, batches, { epochs: 1, learningRate: 1e-2 });
    expect(before(last)).not.toEqual(kernels[0]);
    expect(before(earlier)).toEqual(kernels[1]);
    model.dispose();
  });

  it('is exported to ONNX', async () => {
    const model = drawn();
    await expectSameAnswers(model);
    model.dispose();
  });
});
