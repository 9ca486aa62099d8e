import * as tf from '@tensorflow/tfjs';
import {
  buildDenseResnet,
  buildFlattenedResnet,
  buildPooledResnet,
  planResnet,
  resnet,
} from 'resnet-heads';
import { summaries } from '../goldens';
import { expectNoLeak, messageOf } from '../setup/memory';
import { rowsOf, totalsOf } from '../setup/model-rows';

const BUILDERS = {
  pooled: buildPooledResnet,
  flattened: buildFlattenedResnet,
  dense: buildDenseResnet,
} as const;
const HEADS = ['pooled', 'flattened', 'dense'] as const;

describe('the three builders', () => {
  it.each(HEADS)('build what Keras summarises and the plan announces: %s', async (head) => {
    await expectNoLeak(() => {
      const model = BUILDERS[head]({ numClasses: 10, weights: 'pending' });
      const golden = summaries.heads[head];
      expect(rowsOf(model)).toEqual([...summaries.bases[50].layers, ...golden.layers]);
      expect(totalsOf(model)).toEqual(golden.totals);
      expect(model).toBeInstanceOf(tf.LayersModel);

      const { totals, outputShape } = planResnet({ head, numClasses: 10 });
      expect(totals).toMatchObject({
        params: golden.totals.params,
        trainableParams: golden.totals.trainableParams,
        nonTrainableParams: golden.totals.nonTrainableParams,
      });
      expect(outputShape).toEqual(golden.totals.outputShape);
      model.dispose();
    });
  });

  it('pass every option on', async () => {
    await expectNoLeak(() => {
      const model = buildDenseResnet({
        numClasses: 3,
        variant: 'v1.5',
        inputShape: [64, 96, 1],
        hiddenUnits: 8,
        pooling: 'max',
        dropout: 0.1,
        activation: 'sigmoid',
        seed: 1,
      });
      expect(model.inputs[0]?.shape).toEqual([null, 64, 96, 1]);
      expect(model.layers.slice(-4).map(({ name }) => name)).toEqual([
        'max_pool',
        'hidden',
        'dropout',
        'predictions',
      ]);
      expect(model.getLayer('predictions').getConfig()['activation']).toBe('sigmoid');
      expect(model.name).toBe('resnet50v1_5_dense');
      model.dispose();
    });
  });

  it('leave nothing behind when an argument is wrong', async () => {
    await expectNoLeak(() => {
      for (const build of Object.values(BUILDERS)) {
        expect(messageOf(() => build({ numClasses: 0 }))).toBe(
          'ArgumentError: numClasses: expected a positive integer, got 0',
        );
      }
    });
  });

  it('leave nothing behind when the head does not fit in memory', async () => {
    await expectNoLeak(() => {
      expect(
        messageOf(() =>
          buildFlattenedResnet({ numClasses: 2, hiddenUnits: 2 ** 40, inputShape: [32, 32, 3] }),
        ),
      ).toMatch(/^RangeError: /);
    });
  });
});

describe('resnet', () => {
  it.each([101, 152] as const)('is what Keras summarises at depth %i', async (depth) => {
    await expectNoLeak(() => {
      const model = resnet({ depth, weights: 'pending' });
      expect(rowsOf(model)).toEqual(summaries.bases[depth].layers);
      expect(totalsOf(model)).toEqual(summaries.bases[depth].totals);
      model.dispose();
    });
  });

  it.each([
    [[32, 32, 3], 'v1'],
    [[45, 77, 3], 'v1'],
    [[45, 77, 3], 'v1.5'],
    [[64, 64, 4], 'v1.5'],
  ] as const)('built for %p as %s is what the plan says', async (inputShape, variant) => {
    await expectNoLeak(() => {
      const model = resnet({ inputShape, variant });
      const plan = planResnet({ head: 'pooled', numClasses: 2, inputShape, variant });
      const planned = plan.layers
        .filter(({ part }) => part === 'base')
        .map(({ name, type, outputShape, params }) => [name, type, outputShape, params]);
      expect(new Set(rowsOf(model).map((row) => JSON.stringify(row)))).toEqual(
        new Set(planned.map((row) => JSON.stringify(row))),
      );
      expect(totalsOf(model)).toMatchObject({
        params: plan.base.params,
        trainableParams: plan.base.trainableParams,
        outputShape: plan.featureShape,
      });
      model.dispose();
    });
  });

  it("keeps its variants' conventions: epsilon, momentum, bias, and where the stride sits", () => {
    const config = (variant: 'v1' | 'v1.5', layer: string) => {
      const model = resnet({ variant, inputShape: [32, 32, 3], weights: 'pending' });
      const result = model.getLayer(layer).getConfig();
      model.dispose();
      return result;
    };
    expect(config('v1', 'conv1_bn')).toMatchObject({ epsilon: 1.001e-5, momentum: 0.99 });
    expect(config('v1.5', 'conv1_bn')).toMatchObject({ epsilon: 1e-5, momentum: 0.9 });
    expect(config('v1', 'conv1_conv')).toMatchObject({ useBias: true });
    expect(config('v1.5', 'conv1_conv')).toMatchObject({ useBias: false });
    expect(config('v1', 'conv3_block1_1_conv')).toMatchObject({ strides: [2, 2] });
    expect(config('v1.5', 'conv3_block1_1_conv')).toMatchObject({ strides: [1, 1] });
    expect(config('v1.5', 'conv3_block1_2_conv')).toMatchObject({
      strides: [2, 2],
      padding: 'valid',
    });
    expect(config('v1.5', 'conv3_block1_2_pad')).toMatchObject({
      padding: [
        [1, 1],
        [1, 1],
      ],
    });
  });

  it('writes initialisers that Keras can read', () => {
    const model = resnet({ inputShape: [32, 32, 3], weights: 'pending' });
    const random = buildPooledResnet({ numClasses: 2, inputShape: [32, 32, 3], seed: 3 });
    expect(model.getLayer('conv1_conv').getConfig()['kernelInitializer']).toMatchObject({
      className: 'Zeros',
    });
    expect(random.getLayer('predictions').getConfig()['kernelInitializer']).toMatchObject({
      className: 'VarianceScaling',
      config: { mode: 'fanAvg', distribution: 'uniform', scale: 1 },
    });
    model.dispose();
    random.dispose();
  });

  it.each<[string, () => unknown, string]>([
    [
      'a size too small',
      () => resnet({ inputShape: [31, 224, 3] }),
      'inputShape: expected a height and width of at least 32 pixels, got [31, 224, 3]; resize the images: a ResNet halves them five times',
    ],
    [
      'a batch dimension',
      () => resnet({ inputShape: [1, 224, 224, 3] }),
      'inputShape: expected [height, width, channels], got [1, 224, 224, 3]; leave the batch size out',
    ],
    [
      'a single number',
      () => resnet({ inputShape: 224 as never }),
      'inputShape: expected [height, width, channels], got 224; leave the batch size out',
    ],
    [
      'an unknown size',
      () => resnet({ inputShape: [null, null, 3] as never }),
      'inputShape: expected three positive integers [height, width, channels], got [null, null, 3]',
    ],
    [
      'grey where RGB weights follow',
      () => resnet({ inputShape: [64, 64, 1], weights: 'pending' }),
      "inputShape: expected three channels (RGB) with weights: 'pending', got [64, 64, 1]; repeat a grey channel three times, drop an alpha channel, or use weights: 'random'",
    ],
    [
      'another depth',
      () => resnet({ depth: 20 as 18 }),
      'depth: expected one of 18, 34, 50, 101, 152, got 20',
    ],
    [
      'another variant',
      () => resnet({ variant: 'v2' as 'v1' }),
      'variant: expected one of "v1", "v1.5", got "v2"',
    ],
    [
      'a variant that nobody has defined',
      () => resnet({ depth: 18, variant: 'v1' }),
      'variant: expected "v1.5" at depth 18, got "v1"; Keras has no ResNet-18; leave the variant out',
    ],
    [
      'other weights',
      () => resnet({ weights: 'imagenet' as 'random' }),
      `weights: expected one of "random", "pending", got "imagenet"; load trained weights afterwards: await loadWeights(model, 'imagenet')`,
    ],
    ['half a seed', () => resnet({ seed: 0.5 }), 'seed: expected an integer or undefined, got 0.5'],
  ])('rejects %s', async (_, body, message) => {
    await expectNoLeak(() => {
      expect(messageOf(body)).toBe(`ArgumentError: ${message}`);
    });
  });
});
