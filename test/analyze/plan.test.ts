import {
  denseHead,
  flattenedHead,
  type Head,
  planResnet,
  pooledHead,
  type Plan,
} from 'resnet-heads/plan';
import { summaries } from '../goldens';
import { messageOf } from '../setup/memory';

const HEADS = ['pooled', 'flattened', 'dense'] as const;
const plan = (head: (typeof HEADS)[number]): Plan => planResnet({ head, numClasses: 10 });
const byName = (layers: readonly (readonly [string, ...unknown[]])[]) =>
  [...layers].sort(([a], [b]) => (a < b ? -1 : 1));

describe('planResnet', () => {
  it.each([
    ['pooled', [10], 23_608_202, 23_555_082, 20_490, 3_855_925_248 + 20_480],
    ['flattened', [10], 126_359_434, 126_306_314, 102_771_722, 3_855_925_248 + 102_770_688],
    ['dense', [7, 7, 10], 25_696_138, 25_643_018, 2_108_426, 3_855_925_248 + 103_262_208],
  ] as const)(
    'gives the contract for the %s head',
    (head, outputShape, params, trainable, own, macs) => {
      const { totals, base, head: ofHead, outputShape: shape, layers } = plan(head);
      expect(shape).toEqual(outputShape);
      expect(totals.params).toBe(params);
      expect(totals.trainableParams).toBe(trainable);
      expect(ofHead.params).toBe(own);
      expect(totals.macs).toBe(macs);
      expect(base.macs).toBe(3_855_925_248);
      expect(base.params).toBe(23_587_712);
      expect(layers.filter(({ part }) => part === 'base')).toHaveLength(175);
    },
  );

  it.each(HEADS)('lists the layers that Keras lists under the %s head', (head) => {
    const { layers, totals, outputShape } = plan(head);
    const golden = summaries.heads[head];
    const rows = layers.map(
      ({ name, type, outputShape, params }) => [name, type, outputShape, params] as const,
    );
    const kerasRows = [...summaries.bases[50].layers, ...golden.layers];
    // Keras sorts by depth in the graph, a plan by the order in which layers are applied.
    expect(byName(rows)).toEqual(byName(kerasRows));
    expect({ ...totals, outputShape }).toMatchObject(golden.totals);
  });

  it.each([101, 152] as const)('agrees with Keras at depth %i', (depth) => {
    const { layers, base } = planResnet({ head: 'pooled', numClasses: 10, depth });
    const golden = summaries.bases[depth];
    const rows = layers
      .filter(({ part }) => part === 'base')
      .map(({ name, type, outputShape, params }) => [name, type, outputShape, params] as const);
    expect(byName(rows)).toEqual(byName(golden.layers));
    expect(base).toMatchObject({
      params: golden.totals.params,
      trainableParams: golden.totals.trainableParams,
    });
  });

  // Parameters and GFLOPs by torchvision's model pages (resnet18 to resnet152, *_V1 weights);
  // its "GFLOPs" are MACs, and its parameters leave out BatchNorm's moving statistics.
  it.each([
    [18, 11_689_512, 1.81],
    [34, 21_797_672, 3.66],
    [50, 25_557_032, 4.09],
    [101, 44_549_160, 7.8],
    [152, 60_192_808, 11.51],
  ] as const)(
    "has torchvision's parameters and MACs as v1.5 at depth %i",
    (depth, params, gmacs) => {
      const { totals } = planResnet({ head: 'pooled', numClasses: 1000, depth, variant: 'v1.5' });
      expect(totals.trainableParams).toBe(params);
      expect(Math.round(totals.macs / 1e7) / 100).toBe(gmacs);
    },
  );

  it.each([
    [
      [32, 32, 3],
      [1, 1, 2048],
    ],
    [
      [33, 64, 3],
      [2, 2, 2048],
    ],
    [
      [320, 240, 3],
      [10, 8, 2048],
    ],
    [
      [224, 224, 1],
      [7, 7, 2048],
    ],
  ] as const)('takes an input %p to features %p in both variants', (inputShape, featureShape) => {
    for (const variant of ['v1', 'v1.5'] as const) {
      const result = planResnet({ head: 'dense', numClasses: 4, inputShape, variant });
      expect(result.featureShape).toEqual(featureShape);
      expect(result.outputShape).toEqual([...featureShape.slice(0, 2), 4]);
    }
  });

  // MACs by scripts/parity/check_torch_forward.py: torch 2.15.0's FlopCounterMode, halved, on torchvision 0.29.2.
  it.each([
    [
      18,
      [
        [[224, 224, 3], 1_814_073_344],
        [[320, 240, 3], 2_818_314_240],
      ],
    ],
    [
      34,
      [
        [[224, 224, 3], 3_663_761_408],
        [[320, 240, 3], 5_673_062_400],
      ],
    ],
  ] as const)('counts a ResNet-%i as torch does, and is v1.5 without being told', (depth, macs) => {
    const params = { 18: 11_176_512, 34: 21_284_672 }[depth];
    for (const [inputShape, expected] of macs) {
      const options = { head: 'pooled', numClasses: 1000, depth, inputShape } as const;
      const plan = planResnet(options);
      expect(plan.variant).toBe('v1.5');
      expect(plan.featureShape.at(-1)).toBe(512);
      expect(plan.base.trainableParams).toBe(params);
      expect(plan.totals.macs).toBe(expected);
    }
  });

  it('says that nobody has defined a ResNet-34 v1', () => {
    const v1 = { head: 'pooled', numClasses: 10, depth: 34, variant: 'v1' } as const;
    expect(messageOf(() => planResnet(v1))).toBe(
      'ArgumentError: variant: expected "v1.5" at depth 34, got "v1"; Keras has no ResNet-34; leave the variant out',
    );
  });

  it('adds up: rows to parts, parts to totals, FLOPs twice the MACs, four bytes a parameter', () => {
    const heads: Head[] = [
      pooledHead({ numClasses: 3, pooling: 'catavgmax', dropout: 0.5 }),
      flattenedHead({ numClasses: 3, hiddenUnits: 7 }),
      denseHead({ numClasses: 3, pooling: 'max' }),
    ];
    for (const head of heads) {
      const { layers, base, head: ofHead, totals, headShare } = planResnet({ head });
      for (const key of ['params', 'trainableParams', 'macs'] as const) {
        expect(layers.reduce((sum, layer) => sum + layer[key], 0)).toBe(totals[key]);
        expect(base[key] + ofHead[key]).toBe(totals[key]);
      }
      expect(totals.trainableParams + totals.nonTrainableParams).toBe(totals.params);
      expect(totals.flops).toBe(2 * totals.macs);
      expect(totals.weightBytes).toBe(4 * totals.params);
      expect(headShare).toBe(ofHead.params / totals.params);
    }
  });

  it('costs the dense head as many MACs as the flattened one, with 1/49 of its hidden weights', () => {
    const hidden = (head: 'flattened' | 'dense') =>
      plan(head).layers.find(({ name }) => name === 'hidden') ?? { macs: NaN, params: NaN };
    expect(hidden('dense').macs).toBe(hidden('flattened').macs);
    expect((hidden('flattened').params - 1024) / (hidden('dense').params - 1024)).toBe(49);
  });

  it("plans a user's own head", () => {
    const head: Head = {
      name: 'convolved',
      apply(layers, features) {
        const narrow = layers.conv2d({
          name: 'narrow',
          filters: 8,
          kernelSize: 3,
          padding: 'same',
        })(features);
        return layers.dense({ name: 'scores', units: 5 })(layers.flatten({ name: 'flat' })(narrow));
      },
    };
    const { head: cost, outputShape } = planResnet({ head });
    expect(outputShape).toEqual([5]);
    expect(cost.params).toBe(3 * 3 * 2048 * 8 + 8 + (7 * 7 * 8 * 5 + 5));
    expect(cost.macs).toBe(7 * 7 * 3 * 3 * 2048 * 8 + 7 * 7 * 8 * 5);
  });

  it('says what is wrong with its arguments', () => {
    expect(messageOf(() => planResnet(undefined as never))).toBe(
      'ArgumentError: options: expected an options object, got undefined',
    );
    expect(messageOf(() => planResnet({ head: 'gap' as 'pooled', numClasses: 10 }))).toBe(
      'ArgumentError: head: expected "pooled", "flattened", "dense" or a head such as pooledHead() returns, got "gap"',
    );
    expect(messageOf(() => planResnet({ head: undefined as never }))).toBe(
      'ArgumentError: head: expected "pooled", "flattened", "dense" or a head such as pooledHead() returns, got undefined',
    );
    expect(
      messageOf(() => planResnet({ head: 'pooled', numClasses: 2, inputShape: [1e8, 1e8, 3] })),
    ).toBe(
      'ArgumentError: layer "conv1_conv" (Conv2D): expected counts below 2^53, got 23520000000000000000; use a smaller input or head',
    );
  });
});
