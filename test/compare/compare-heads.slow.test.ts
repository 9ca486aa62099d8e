import * as tf from '@tensorflow/tfjs';
import {
  analyze,
  attachHead,
  compareHeads,
  type CompareOptions,
  denseHead,
  flattenedHead,
  format,
  type Head,
  type HeadSpec,
  loadBackbone,
  pooledHead,
} from 'resnet-heads';
import type { HeadFit } from '../../src/compare/comparison';
import { findingsOf } from '../../src/compare/findings';
import { shuffled } from '../../src/random';
import { colouredPictures } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, numbers } from '../setup/mini-resnet';
import { modelGoldens } from '../setup/model-goldens';

const HEADS = [
  pooledHead({ numClasses: 3 }),
  flattenedHead({ numClasses: 3, hiddenUnits: 8 }),
  denseHead({ numClasses: 3, hiddenUnits: 8 }),
];

/** What a test asks for, right or wrong. */
type Asked = CompareOptions & { readonly heads: readonly HeadSpec[] };

describe('compareHeads', () => {
  it('counts each head as if it were attached', async () => {
    const base = miniResnet('v1', 1);
    const { base: ofBase, heads } = await compareHeads(base, HEADS);
    expect(ofBase).toMatchObject({
      name: 'mini',
      inputShape: [32, 32, 3],
      featureShape: [1, 1, 64],
    });
    for (const [i, head] of HEADS.entries()) {
      const model = attachHead(base, head);
      const { totals, outputShapes } = analyze(model);
      const compared = heads[i]!;
      expect(compared.name).toBe(head.name);
      expect(compared.totals).toEqual(totals);
      expect([compared.outputShape]).toEqual(outputShapes);
      expect(compared.headShare).toBeCloseTo(compared.head.params / totals.params);
      expect(ofBase.totals.params + compared.head.params).toBe(totals.params);
      for (const layer of model.layers) if (!base.layers.includes(layer)) layer.dispose();
    }
    base.dispose();
  });

  it('does so on a topology alone', async () => {
    const { topology } = modelGoldens.find(({ name }) => name === 'MobileNet')!;
    const whole = analyze(topology);
    const cut = whole.layers.findIndex(({ name }) => name === 'global_average_pooling2d');
    expect(cut).toBeGreaterThan(0);
    await expect(compareHeads(topology, HEADS)).rejects.toThrow(
      'base: expected one output [height, width, channels], got [1000]; cut it at its feature map',
    );
  });

  it('measures one head at a time, and leaves the base as it was', async () => {
    const base = miniResnet('v1', 1);
    const before = numbers(base);
    await expectNoLeak(async () => {
      const { heads } = await compareHeads(base, HEADS, {
        measure: true,
        runs: 3,
        batchSize: 2,
        optimizer: 'momentum',
      });
      for (const { times } of heads) {
        expect(times).toMatchObject({ backend: 'cpu', engine: 'onnxruntime', runs: 3 });
        for (const each of [times!.predictMs, times!.trainStepMs]) {
          const { min, median, max } = each!;
          expect(min).toBeGreaterThan(0);
          expect(median).toBeGreaterThanOrEqual(min);
          expect(max).toBeGreaterThanOrEqual(median);
        }
      }
    });
    expect(numbers(base)).toEqual(before);
    base.dispose();
  });

  it('measures heads in turns, forwards and backwards', async () => {
    const base = miniResnet('v1', 1);
    const built: string[] = [];
    const heads = [HEADS[0]!, HEADS[1]!].map((head, i): Head => ({
      name: head.name,
      apply: (layers, features) => {
        built.push('ab'.charAt(i));
        return head.apply(layers, features);
      },
    }));
    await compareHeads(base, heads, { measure: true, runs: 3 });
    // Counted once; then predictions, then training steps.
    expect(built.join('')).toBe(`ab${'abbaab'.repeat(2)}`);
    base.dispose();
  });

  it('trains each head on pictures, by name, with options or by recipe', async () => {
    const backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
    const pictures = colouredPictures(4);
    await expectNoLeak(async () => {
      const own = { ...pooledHead({ numClasses: 3 }), name: 'own' };
      const heads = ['pooled', { name: 'flattened', hiddenUnits: 8 }, own] as const;
      const options = { folds: 4, epochs: 60, learningRate: 0.05 };
      const comparison = await compareHeads(backbone, heads, { pictures, ...options });
      expect(comparison.trial).toEqual({
        ...{ pictures: 12, computed: 12, folds: 4, measured: 12, majority: 1 / 3 },
        ...{ classes: ['blue', 'green', 'red'], ambiguous: [] },
      });
      expect(comparison.heads.map(({ name }) => name)).toEqual(['pooled', 'flattened', 'own']);
      for (const { fit } of comparison.heads) {
        const { folds, ...means } = fit!;
        expect(folds.map(({ pictures: held }) => held)).toEqual([3, 3, 3, 3]);
        expect(means.accuracy.mean).toBe(1);
        expect(means.validationAccuracy.mean).toBeGreaterThan(0.6);
        expect(means.gap.mean).toBeCloseTo(1 - means.validationAccuracy.mean, 10);
        expect(means.shiftedAccuracy!.mean).toBeGreaterThan(0.6);
        expect(means.calibrationError.mean).toBeGreaterThan(0);
        expect(means.trainMs.min).toBeGreaterThan(0);
        for (const { epochs } of folds) expect(epochs).toBe(options.epochs);
      }
      // The same head under another name, with the same seed, on the same features.
      const [pooled, , same] = comparison.heads.map(({ fit }) => fit!);
      const untimed = ({ folds, ...fit }: HeadFit) => ({
        ...{ ...fit, trainMs: 0 },
        folds: folds.map((fold) => ({ ...fold, trainMs: 0 })),
      });
      expect(untimed(same!)).toEqual(untimed(pooled!));
      expect(comparison.recommendation?.head).toBe('pooled');
      expect(comparison.findings.at(-1)).toMatch(/^Recommended: the pooled head\. /);
      expect(format(comparison)).toMatch(/^validation accuracy, % +\| +[\d.]+ ± [\d.]+ \|/m);
    });
    tf.dispose(pictures.map(({ picture }) => picture));
    backbone.dispose();
  });

  it('holds each picture out once, and never trains on it then', async () => {
    const backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
    // Grey pictures with random labels: what is better than chance has seen them.
    const pictures = Array.from({ length: 40 }, (_, i) => ({
      picture: tf.fill<tf.Rank.R3>([32, 32, 3], 6 * i, 'int32'),
      label: shuffled(40, 3)[i]! % 2 === 0 ? 'even' : 'odd',
    }));
    const { heads } = await compareHeads(backbone, [{ name: 'flattened', hiddenUnits: 16 }], {
      ...{ pictures, epochs: 200, learningRate: 0.01, shift: false },
    });
    const { accuracy, validationAccuracy, shiftedAccuracy, folds } = heads[0]!.fit!;
    expect(folds.map(({ pictures: held }) => held)).toEqual([8, 8, 8, 8, 8]);
    expect(validationAccuracy.mean).toBeLessThan(0.75);
    expect(accuracy.mean).toBeGreaterThan(validationAccuracy.mean);
    expect(shiftedAccuracy).toBeUndefined();
    tf.dispose(pictures.map(({ picture }) => picture));
    backbone.dispose();
  });

  it('measures what a shift does to heads that know positions, and to those that don’t', async () => {
    const base = tf.sequential({
      layers: [tf.layers.averagePooling2d({ inputShape: [32, 32, 3], poolSize: 4 })],
    });
    const backbone = await loadBackbone(base, { preprocessing: 'tf' });
    // A light column: the class is its colour, and it moves by 4 of 32 pixels.
    const pictures = Array.from({ length: 20 }, (_, i) => {
      const colour = i % 2 === 0 ? [255, 40, 40] : [40, 40, 255];
      const picture = tf.tidy((): tf.Tensor3D => {
        const column = tf
          .tensor1d(colour)
          .mul(1 - i / 100)
          .broadcastTo([32, 4, 3]);
        const padding: [number, number][] = [
          [0, 0],
          [8, 20],
          [0, 0],
        ];
        return tf.pad(column as tf.Tensor3D, padding).cast('int32');
      });
      return { picture, label: i % 2 === 0 ? 'red' : 'blue' };
    });
    const { heads } = await compareHeads(
      backbone,
      ['pooled', { name: 'flattened', hiddenUnits: 8 }],
      {
        pictures,
      },
    );
    const [pooled, flattened] = heads.map(({ fit }) => fit!);
    expect(pooled!.validationAccuracy.mean).toBe(1);
    expect(pooled!.shiftedAccuracy!.mean).toBe(1);
    expect(flattened!.validationAccuracy.mean).toBe(1);
    expect(flattened!.shiftedAccuracy!.mean).toBeLessThan(1);
    tf.dispose(pictures.map(({ picture }) => picture));
    backbone.dispose();
  });

  it.each([
    [
      'returns nothing',
      (() => undefined) as unknown as Head['apply'],
      'head "own": expected apply() to return the output of its last layer, got undefined',
    ],
    [
      'ends in another activation',
      (layers, features) =>
        layers.dense({ name: 'scores', units: 3, activation: 'relu' })(
          layers.globalAveragePooling2d({ name: 'pool' })(features),
        ),
      'head "own": head: expected softmax, sigmoid or linear as the last activation, got relu',
    ],
  ] satisfies [string, Head['apply'], string][])(
    'names a head that %s',
    async (_, apply, message) => {
      const backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
      const pictures = colouredPictures(2);
      await expectNoLeak(async () => {
        const own = { name: 'own', apply } as Head;
        await expect(compareHeads(backbone, ['pooled', own], { pictures })).rejects.toThrow(
          message,
        );
      });
      tf.dispose(pictures.map(({ picture }) => picture));
      backbone.dispose();
    },
  );

  it('never holds out the only picture of a class, and says so', async () => {
    const backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
    const pictures = colouredPictures(3);
    const [red, ...others] = pictures.filter(({ label }) => label === 'red');
    const some = pictures.filter((each) => !others.includes(each));
    const warnings: string[] = [];
    const { trial, heads } = await compareHeads(backbone, ['pooled'], {
      ...{ pictures: some, shift: false },
      onWarning: ({ message }) => warnings.push(message),
    });
    expect(red).toBeDefined();
    expect(trial).toMatchObject({ pictures: 7, folds: 3, measured: 6, majority: 0.5 });
    const held = heads[0]!.fit!.folds.reduce((sum, fold) => sum + fold.pictures, 0);
    expect(held).toBe(6);
    expect(warnings).toEqual([
      'class "red": expected two or more pictures, so that some can be held out, got 1; heads are trained on it, but not measured',
    ]);
    tf.dispose(pictures.map(({ picture }) => picture));
    backbone.dispose();
  });

  it('leaves nothing behind where a head can’t be built', async () => {
    const base = miniResnet('v1', 1);
    const wrong: Head = {
      name: 'wrong',
      apply: (layers, features) =>
        layers.maxPooling2d({ name: 'pool', poolSize: 9, strides: 1 })(features),
    };
    await expectNoLeak(async () => {
      await expect(compareHeads(base, [HEADS[0]!, wrong], { measure: true })).rejects.toThrow(
        'layer "pool" (MaxPooling2D): expected an input of at least 9 pixels a side, got [1, 1, 64]',
      );
    });
    base.dispose();
  });

  it.each([
    [
      'no heads',
      [],
      {},
      "heads: expected a list of heads, such as ['pooled', 'flattened'], got []",
    ],
    ['what is no head', [7], { numClasses: 2 }, 'head: expected an options object, got 7'],
    [
      'an unknown name',
      ['sharp'],
      { numClasses: 2 },
      'head: expected "pooled", "flattened", "dense" or a head such as pooledHead() returns, got "sharp"',
    ],
    [
      'a name without classes',
      ['pooled'],
      {},
      'numClasses: expected the number of classes, for heads',
    ],
    ['folds of no pictures', HEADS, { folds: 3 }, 'folds: expected none without pictures, got 3'],
    ['no runs', HEADS, { measure: true, runs: 0 }, 'runs: expected a positive integer, got 0'],
    [
      'epochs of no pictures',
      HEADS,
      { epochs: 3 },
      'epochs: expected none without pictures, got 3',
    ],
    [
      'pictures without a backbone',
      HEADS,
      { pictures: 'photos' },
      'backbone: expected one from loadBackbone(), got a tf.LayersModel; wrap it',
    ],
    ['a topology to measure', HEADS, { measure: true }, 'base: expected a tf.LayersModel'],
  ])('rejects %s', async (what, heads, options, message) => {
    const base = miniResnet('v1', 1);
    const source = what.startsWith('a topology') ? (base.toJSON(undefined, false) as object) : base;
    await expect(compareHeads(source, heads as Head[], options as CompareOptions)).rejects.toThrow(
      message,
    );
    base.dispose();
  });

  it.each([
    ['another number of classes', 4, { numClasses: 2 }, 'numClasses: expected 3, as the pictures'],
    ['one picture of each class', 1, {}, 'pictures: expected two or more per class'],
    ['one fold', 2, { folds: 1 }, 'folds: expected 2 to 10, got 1'],
    ['too many folds', 2, { folds: 11 }, 'folds: expected 2 to 10, got 11'],
    ['a cache for no files', 2, { cacheFolder: 'features' }, 'cacheFolder: expected none for'],
    [
      'a head of other classes',
      2,
      { heads: [pooledHead({ numClasses: 2 })] },
      'head "pooled": expected a score for each of 3 classes ("blue", "green" and "red"), got 2',
    ],
  ])(
    'rejects pictures with %s',
    async (_, count, { heads = ['pooled'], ...options }: Partial<Asked>, message) => {
      const backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
      const pictures = colouredPictures(count);
      await expectNoLeak(async () => {
        const compared = compareHeads(backbone, heads, { pictures, ...options });
        await expect(compared).rejects.toThrow(message);
      });
      tf.dispose(pictures.map(({ picture }) => picture));
      backbone.dispose();
    },
  );
});

describe('findings', () => {
  it('follow from the figures', async () => {
    const input = tf.input({ shape: [224, 224, 3] });
    const conv = tf.layers.conv2d({ filters: 512, kernelSize: 32, strides: 32, name: 'c' });
    const base = tf.model({ inputs: input, outputs: conv.apply(input) as tf.SymbolicTensor });
    const { heads, findings } = await compareHeads(base, [
      pooledHead({ numClasses: 10 }),
      flattenedHead({ numClasses: 10 }),
    ]);
    const [pooled, flattened] = heads;
    expect(findings).toEqual([
      'The heads hold 0.3% (pooled) and 94.2% (flattened) of all parameters.',
      'No head takes more than 25.0% of all MACs; the base takes the rest.',
      expect.stringMatching(
        /^A training step needs the most memory with the flattened head: 1\.\d+ GB, \d+(\.\d+)? times as much as with the pooled head\. The largest part, \d+(\.\d+)?%, is for temporary values of the optimizer\.$/,
      ),
    ]);
    expect(pooled!.headShare).toBeCloseTo(0.00325, 4);
    expect(flattened!.headShare).toBeCloseTo(0.942, 2);
    base.dispose();
  });

  it('say that MACs are unknown where the base can’t be counted, and claim nothing of them', async () => {
    const cell = tf.layers.lstm({ units: 8, name: 'cells', returnSequences: true });
    const base = tf.sequential({
      layers: [
        tf.layers.reshape({ inputShape: [4, 4, 3], targetShape: [16, 3] }),
        cell,
        tf.layers.reshape({ targetShape: [4, 4, 8] }),
      ],
    });
    const comparison = await compareHeads(base, HEADS);
    expect(comparison.base.uncounted).toEqual(['cells']);
    const ofMacs = comparison.findings.filter((each) => each.includes('MACs'));
    expect(ofMacs).toEqual([
      "The base's MACs are unknown, because 1 layer can't be counted (\"cells\"). The heads' shares of the MACs are therefore unknown too.",
    ]);
    for (const each of comparison.findings) expect(each).not.toMatch(/multiply|more than the base/);
    expect(format(comparison)).toMatch(/^MACs +\| +— \| +— \| +—$/m);
    base.dispose();
  });

  it('call heads alike that need about as much, and never say "1 times"', async () => {
    const base = miniResnet('v1', 1);
    const alike = [1, 2, 3].map((numClasses) => pooledHead({ numClasses, activation: 'linear' }));
    const { findings, heads } = await compareHeads(base, alike);
    expect(findings.join(' ')).not.toMatch(/\b1 times/);
    expect(findings[2]).toMatch(
      /^A training step needs about the same memory with every head: up to [\d.]+ kB\.$/,
    );
    // One name three times says nothing.
    expect(heads.map(({ name }) => name)).toEqual(['pooled', 'pooled (2)', 'pooled (3)']);
    base.dispose();
  });

  it('speak of one head as of one', async () => {
    const base = miniResnet('v1', 1);
    const { findings } = await compareHeads(base, HEADS.slice(0, 1));
    expect(findings).toEqual([
      expect.stringMatching(/^The pooled head holds [\d.]+% of all parameters\.$/),
      expect.stringMatching(
        /^The pooled head takes [\d.]+% of all MACs; the base takes the rest\.$/,
      ),
    ]);
    base.dispose();
  });

  it('tell times apart only where they don’t overlap', async () => {
    const base = miniResnet('v1', 1);
    const { heads } = await compareHeads(base, HEADS.slice(0, 2));
    const timed = (...spreads: [number, number, number][]) =>
      findingsOf(
        heads.map((head, i) => {
          const [min, median, max] = spreads[i]!;
          const ms = { min, median, max };
          return {
            ...head,
            times: {
              backend: 'cpu',
              engine: 'layers' as const,
              runs: 3,
              predictMs: ms,
              trainStepMs: ms,
            },
          };
        }),
      ).at(-1);
    expect(timed([1, 2, 3], [4, 6, 8])).toBe(
      'Prediction with the flattened head took 3 times as long as with the pooled head.',
    );
    expect(timed([1, 2, 5], [4, 6, 8])).toBe(
      'No head was clearly faster in prediction: the ranges of the times overlap.',
    );
    expect(timed([10, 11, 11.5], [11.6, 11.7, 11.8])).toBe(
      'Prediction took about the same time with every head.',
    );
    base.dispose();
  });
});

describe('format of comparisons and models', () => {
  it('has a column for each head, and the sentences below', async () => {
    const base = miniResnet('v1', 1);
    const comparison = await compareHeads(base, HEADS, { measure: true, runs: 1 });
    const text = format(comparison);
    expect(text.split('\n')[0]).toMatch(/^ +\| +pooled \| +flattened \| +dense$/);
    expect(text).toMatch(/^train step, ms \(range\) +\|/m);
    expect(text).toContain(
      'Times: median (range) of 1 run; the base on onnxruntime, the heads on cpu.',
    );
    for (const finding of comparison.findings) expect(text).toContain(finding);
    const [{ times, ...rest }] = comparison.heads as [(typeof comparison.heads)[number]];
    expect(times).toBeDefined();
    expect(format({ ...comparison, heads: [rest] })).not.toContain('measured');
    base.dispose();
  });

  it('keeps to a width by leaving columns out, those first that matter least', () => {
    const stats = analyze(modelGoldens.find(({ name }) => name === 'TinyNested')!.topology);
    const header = (width?: number) => {
      const [first = ''] = format(stats, 'text', width === undefined ? {} : { width }).split('\n');
      return first.split('|').map((cell) => cell.trim());
    };
    expect(header()).toEqual([
      ...['layer', 'type', 'output', 'parameters', 'share', 'MACs', 'share', 'activations'],
      'inputs',
    ]);
    expect(header(100)).not.toContain('inputs');
    expect(header(10)).toEqual(['layer', 'output', 'parameters', 'MACs']);
    const table = format(stats, 'text', { width: 80 }).split('\n\n')[0]!;
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(format(stats, 'markdown').split('\n')[0]).toMatch(/^\| layer .*\|$/);
  });

  it('says what is not counted', () => {
    const model = tf.sequential({
      layers: [tf.layers.lstm({ units: 2, inputShape: [3, 4], name: 'recurrent' })],
    });
    const text = format(analyze(model));
    expect(text).toMatch(/^recurrent +\| LSTM +\|.*\| +— \|/m);
    expect(text).toContain('Layers with unknown MACs: 1 (recurrent).');
    model.dispose();
  });
});
