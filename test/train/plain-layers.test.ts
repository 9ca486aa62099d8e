import * as tf from '@tensorflow/tfjs';
import { attachHead, type Features, fitHead, type FitHeadOptions } from 'resnet-heads';
import { fineTune } from '../../src/train/fine-tune';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, numbers } from '../setup/mini-resnet';

const SHAPE = [1, 1, 6];

let features: Features;
beforeAll(() => {
  const labels = Int32Array.from({ length: 24 }, (_, i) => i % 2);
  const values = tf.tidy(() =>
    tf
      .randomNormal([24, ...SHAPE], 0, 1, 'float32', 1)
      .add(tf.tensor1d(labels, 'float32').reshape([24, 1, 1, 1])),
  );
  features = { values, labels, featureShape: SHAPE };
});
afterAll(() => {
  features.values.dispose();
});

type Dense = Parameters<typeof tf.layers.dense>[0];

const headOf = (...layers: tf.layers.Layer[]): tf.LayersModel =>
  tf.sequential({ layers: [tf.layers.flatten({ inputShape: SHAPE }), ...layers] });
const scores = (settings: Partial<Dense> = {}) =>
  tf.layers.dense({ name: 'scores', units: 2, activation: 'softmax', ...settings });

/** The loss of a head on the features, from its probabilities. */
const lossOf = (head: tf.LayersModel): number =>
  tf.tidy(() => {
    const found = (head.predict(features.values) as tf.Tensor2D).arraySync();
    const losses = found.map((own, i) => -Math.log(own[features.labels[i]!]!));
    return losses.reduce((sum, loss) => sum + loss / losses.length, 0);
  });

describe('fitHead', () => {
  it.each<[string, () => tf.LayersModel, FitHeadOptions, string]>([
    [
      'a kernel constraint, by L-BFGS',
      () => headOf(scores({ kernelConstraint: 'nonNeg' })),
      {},
      'kernelConstraint in layer "scores"; remove it',
    ],
    [
      'a bias constraint of a hidden layer, by Adam',
      () =>
        headOf(tf.layers.dense({ name: 'hidden', units: 3, biasConstraint: 'nonNeg' }), scores()),
      {},
      'biasConstraint in layer "hidden"; remove it',
    ],
    [
      'a regularizer',
      () => headOf(scores({ kernelRegularizer: 'l1l2' })),
      { solver: 'adam', epochs: 1 },
      'kernelRegularizer in layer "scores"; use dropout, or l2 for a pooled head',
    ],
    [
      'a constraint of a layer inside another',
      () =>
        headOf(
          tf.layers.reshape({ targetShape: [2, 3] }),
          tf.layers.timeDistributed({
            name: 'each',
            layer: tf.layers.dense({ units: 2, kernelConstraint: 'unitNorm' }),
          }),
          tf.layers.flatten(),
          scores(),
        ),
      { epochs: 1 },
      'kernelConstraint in layer "each"; remove it',
    ],
  ])('refuses %s', async (_, make, options, got) => {
    const head = make();
    const before = numbers(head);
    await expectNoLeak(async () => {
      await expect(fitHead(head, features, options)).rejects.toThrow(
        `head: expected layers without constraints and regularizers, which training here doesn't apply, got ${got}`,
      );
    });
    expect(numbers(head)).toEqual(before);
    head.dispose();
  });

  it.each<[string, () => readonly tf.layers.Layer[], FitHeadOptions]>([
    ['one layer', () => [tf.layers.dense({ units: 6, name: 'twice' })], { epochs: 8 }],
    [
      'a convolution',
      () => [
        tf.layers.conv2d({ name: 'twice', filters: 6, kernelSize: 3, padding: 'same' }),
        tf.layers.flatten(),
      ],
      { epochs: 8 },
    ],
  ])('measures the head that it returns if a layer is used twice: %s', async (_, make, options) => {
    const input = tf.input({ shape: SHAPE });
    const [twice, ...others] = make();
    const flat = twice!.getClassName() === 'Dense' ? [tf.layers.flatten()] : [];
    const layers = [...flat, twice!, twice!, ...others, scores()];
    const output = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
    const head = tf.model({ inputs: input, outputs: output });
    const { loss } = await fitHead(head, features, options);
    expect(loss).toBeCloseTo(lossOf(head), 5);
    head.dispose();
  });

  it('takes a dense layer that is used twice for no linear one', async () => {
    const input = tf.input({ shape: [1, 1, 2] });
    const twice = tf.layers.dense({ name: 'twice', units: 2, activation: 'softmax' });
    const flat = tf.layers.flatten().apply(input);
    const output = twice.apply(twice.apply(flat)) as tf.SymbolicTensor;
    const head = tf.model({ inputs: input, outputs: output });
    const values = features.values.slice([0, 0, 0, 0], [24, 1, 1, 2]);
    const own = { ...features, values, featureShape: [1, 1, 2] };
    expect((await fitHead(head, own, { epochs: 1 })).solver).toBe('adam');
    await expect(fitHead(head, own, { solver: 'lbfgs' })).rejects.toThrow('solver: ');
    values.dispose();
    head.dispose();
  });

  it('refuses a head with another number of classes than the features have names for', async () => {
    const head = headOf(scores({ units: 3 }));
    const named = { ...features, classes: ['cat', 'dog'] };
    await expect(fitHead(head, named)).rejects.toThrow(
      'features.classes: expected 3 names, as many as the head has classes, got ["cat", "dog"]',
    );
    head.dispose();
  });
});

describe('fineTune', () => {
  it('refuses a constraint of the head', async () => {
    const base = miniResnet('v1', 1);
    const head = tf.sequential({
      layers: [
        tf.layers.globalAveragePooling2d({
          inputShape: base.outputs[0]!.shape.slice(1),
        }),
        scores({ kernelConstraint: 'unitNorm' }),
      ],
    });
    const model = attachHead(base, head);
    const batches = () => [];
    await expect(fineTune(model, batches)).rejects.toThrow(
      /^model: expected layers without constraints, .* got kernelConstraint in layer "/,
    );
    model.dispose();
  });
});
