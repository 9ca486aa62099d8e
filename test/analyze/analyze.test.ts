import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {
  analyze,
  buildDenseResnet,
  buildFlattenedResnet,
  buildPooledResnet,
  freeze,
  type ModelStats,
  planResnet,
} from 'resnet-heads';
import { builtInCounters } from '../../src/layers/cost/counters';
import { expectNoLeak, messageOf } from '../setup/memory';
import { type ModelGolden, modelGoldens } from '../setup/model-goldens';

/** Rows sum to the totals, shares to 1, and each row follows from those before it. */
function expectConsistent({ layers, totals }: ModelStats) {
  const sum = (count: (row: ModelStats['layers'][number]) => number | null) =>
    layers.reduce((running, row) => running + (count(row) ?? 0), 0);
  expect({
    params: sum((row) => row.params),
    trainableParams: sum((row) => row.trainableParams),
    nonTrainableParams: sum((row) => row.params - row.trainableParams),
    macs: sum((row) => row.macs),
    flops: sum((row) => row.flops),
    weightBytes: sum((row) => row.weightBytes),
    activationBytes: sum((row) => row.activationBytes),
  }).toEqual(totals);
  expect(sum((row) => row.share)).toBeCloseTo(totals.params === 0 ? 0 : 1, 10);
  const seen = new Set<string>();
  for (const { name, inputs } of layers) {
    for (const input of inputs) expect(seen).toContain(input);
    expect(seen).not.toContain(name);
    seen.add(name);
  }
}

/** A golden's layers by name, a nested model's own layers taken together. */
function rowsByLayer(stats: ModelStats) {
  const rows = new Map<string, { params: number; trainableParams: number; shapes: unknown[] }>();
  for (const { name, params, trainableParams, outputShape } of stats.layers) {
    const layer = name.replace(/[/#].*$/, '');
    const row = rows.get(layer) ?? { params: 0, trainableParams: 0, shapes: [] };
    row.params += params;
    row.trainableParams += trainableParams;
    row.shapes.push(outputShape);
    rows.set(layer, row);
  }
  return rows;
}

const topologies = modelGoldens.flatMap((golden): [string, ModelGolden, object][] => [
  [`${golden.name}, by Keras 3`, golden, golden.topology],
  ...(golden.topologyLegacy
    ? ([[`${golden.name}, by Keras 2`, golden, golden.topologyLegacy]] as [
        string,
        ModelGolden,
        object,
      ][])
    : []),
]);

describe('analyze', () => {
  it('has goldens to be held to', () => {
    expect(topologies).toHaveLength(15);
  });

  it.each(topologies)(
    'agrees with Keras and TensorFlow’s profiler on %s',
    (_, golden, topology) => {
      const stats = analyze(topology);
      expectConsistent(stats);
      expect(stats.inputShapes).toEqual([golden.inputShape]);
      expect(stats.totals).toMatchObject({ ...golden.totals, macs: golden.macs.total });
      expect(stats.uncounted).toEqual([]);
      const rows = rowsByLayer(stats);
      for (const { name, type, outputShape, params, trainableParams } of golden.layers) {
        if (type === 'InputLayer') continue;
        const row = rows.get(name)!;
        expect([name, row.params, row.trainableParams]).toEqual([name, params, trainableParams]);
        const shapes = (Array.isArray(outputShape[0]) ? outputShape : [outputShape]) as number[][];
        for (const shape of shapes) expect(row.shapes).toContainEqual(shape.slice(1));
      }
    },
  );

  it('takes a model.json, and its topology as text', () => {
    const { topologyLegacy: modelTopology, totals } = modelGoldens.find(
      ({ name }) => name === 'TinyNested',
    )!;
    const json = { format: 'layers-model', modelTopology, weightsManifest: [] };
    expect(analyze(json).totals).toMatchObject(totals);
    const { model_config: config } = modelTopology as { model_config: unknown };
    expect(analyze({ model_config: JSON.stringify(config) }).totals).toMatchObject(totals);
  });

  it('names each call of a shared layer and of a nested model, and counts its weights once', () => {
    const { topology } = modelGoldens.find(({ name }) => name === 'TinyNested')!;
    const rows = new Map(analyze(topology).layers.map((row) => [row.name, row]));
    expect(rows.get('shared')).toMatchObject({ params: 440, inputs: ['block#2/add'] });
    expect(rows.get('shared#2')).toMatchObject({ params: 0, outputShape: [8, 6, 8] });
    expect(rows.get('shared')!.macs).toBe(4 * rows.get('shared#2')!.macs!);
    expect(rows.get('block/grouped')!.macs).toBe(rows.get('block#2/grouped')!.macs);
    expect(rows.get('block#2/grouped')!.params).toBe(0);
  });

  it('agrees with the plan and with the built model, frozen or not', async () => {
    await expectNoLeak(() => {
      const options = { numClasses: 10, inputShape: [64, 32, 3], weights: 'pending' } as const;
      for (const [head, build] of [
        ['pooled', buildPooledResnet],
        ['flattened', buildFlattenedResnet],
        ['dense', buildDenseResnet],
      ] as const) {
        const model = build(options);
        const plan = planResnet({ head, numClasses: 10, inputShape: [64, 32, 3] });
        const stats = analyze(model);
        expectConsistent(stats);
        expect(stats.totals).toEqual(plan.totals);
        expect(stats.layers).toEqual(plan.layers.map((row) => ({ ...row, part: undefined })));
        expect(stats.totals.params).toBe(model.countParams());
        freeze(model);
        expect(analyze(model).totals.trainableParams).toBe(plan.head.trainableParams);
        expect(analyze(model.toJSON(undefined, false) as object).totals.trainableParams).toBe(
          plan.head.trainableParams,
        );
        model.dispose();
      }
    });
  });

  it('counts at a size that is asked for, where a model leaves it open', () => {
    const model = tf.sequential();
    model.add(tf.layers.conv2d({ filters: 4, kernelSize: 3, inputShape: [null, null, 3] }));
    expect(messageOf(() => analyze(model))).toBe(
      'ArgumentError: inputShape: expected positive integers, got "unknown sizes"; pass the input shape without the batch: { inputShape: [224, 224, 3] }',
    );
    const { totals, outputShapes } = analyze(model, { inputShape: [10, 8, 3] });
    expect(outputShapes).toEqual([[8, 6, 4]]);
    expect(totals.macs).toBe(8 * 6 * 4 * 27);
    model.dispose();
  });

  it('reports a layer that nobody can count as uncounted, its parameters exact all the same', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ name: 'c', filters: 4, kernelSize: 3, inputShape: [8, 8, 3] }),
        tf.layers.reshape({ targetShape: [6, 24], name: 'r' }),
        tf.layers.lstm({ units: 5, name: 'l' }),
        tf.layers.dense({ units: 2, name: 'd' }),
      ],
    });
    const stats = analyze(model);
    expectConsistent(stats);
    expect(stats.uncounted).toEqual(['l']);
    expect(stats.layers.find(({ name }) => name === 'l')).toMatchObject({
      macs: null,
      flops: null,
      params: 4 * 5 * (24 + 5 + 1),
      outputShape: [5],
    });
    expect(stats.totals.params).toBe(model.countParams());
    const counted = analyze(model, {
      counters: {
        LSTM: (config, [shape = []]) => {
          const [steps = 0, inputs = 0] = shape;
          const units = config['units'] as number;
          const weights = 4 * units * (inputs + units);
          return {
            type: 'LSTM',
            outputShape: [units],
            params: weights + 4 * units,
            trainableParams: weights + 4 * units,
            macs: steps * weights,
          };
        },
      },
    });
    expect(counted.uncounted).toEqual([]);
    expect(counted.totals.macs - stats.totals.macs).toBe(6 * 4 * 5 * 29);
    const topology = model.toJSON(undefined, false) as object;
    expect(messageOf(() => analyze(topology))).toBe(
      'ArgumentError: layer "l": expected a type that can be counted, got LSTM; pass a counter for it, or the built model',
    );
    model.dispose();
  });

  it('counts no MACs by options that its layer belies', () => {
    // TensorFlow.js 4.22 leaves the multiplier of a separable convolution out of its options.
    const options = { filters: 4, kernelSize: 3, depthMultiplier: 2, inputShape: [8, 8, 3] };
    const model = tf.sequential({ layers: [tf.layers.separableConv2d({ ...options, name: 's' })] });
    const stats = analyze(model);
    expect(stats.uncounted).toEqual(['s']);
    expect(stats.totals.params).toBe(model.countParams());
    model.dispose();
  });

  it('counts a channels-first layer by the model alone', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({
          name: 'c',
          filters: 4,
          kernelSize: 3,
          inputShape: [3, 8, 8],
          dataFormat: 'channelsFirst',
        }),
      ],
    });
    const stats = analyze(model);
    expect(stats.uncounted).toEqual(['c']);
    expect(stats.outputShapes).toEqual([[4, 6, 6]]);
    expect(stats.totals.params).toBe(model.countParams());
    model.dispose();
  });

  it.each([
    [
      'GetItem',
      { args: [0, [{ class_name: '__ellipsis__' }, { class_name: '__slice__', config: {} }]] },
    ],
    ['Stack', { axis: 1 }],
  ])('refuses a %s of Keras 3 that does more than to order channels', (type, config) => {
    const counter = new Map(builtInCounters()).get(type)!;
    expect(messageOf(() => counter({ name: 'x', ...config }, [[4, 4, 3]]))).toMatch(
      /^ArgumentError: layer "x" \(.*\): expected .*, got \[4, 4, 3\]$/,
    );
  });

  it.each([
    ['null', null, 'ArgumentError: model: expected an options object, got null'],
    ['text', 'model.json', 'ArgumentError: model: expected an options object, got "model.json"'],
    [
      'a graph model',
      { format: 'graph-model', modelTopology: { node: [] } },
      'ArgumentError: topology: expected layers, got a graph-model, which only has nodes; pass a TensorFlow.js model.json of format layers-model, or the config.json of a .keras archive',
    ],
    ['something else', { a: 1 }, /^ArgumentError: topology: expected a model with a class_name; /],
    [
      'a single layer',
      { class_name: 'Dense', config: { units: 1 } },
      /^ArgumentError: topology: expected a model with layers, got a Dense; /,
    ],
    [
      'an empty Sequential',
      { class_name: 'Sequential', config: { layers: [] } },
      /^ArgumentError: topology: expected layers, got an empty Sequential; /,
    ],
  ])('rejects %s', (_, source, message) => {
    const got = messageOf(() => analyze(source as object));
    if (typeof message === 'string') expect(got).toBe(message);
    else expect(got).toMatch(message);
  });

  it('rejects a topology that hangs together wrongly, without hanging itself', () => {
    const layer = (name: string, ...from: string[]) => ({
      class_name: 'Activation',
      name,
      config: { name },
      inbound_nodes: [from.map((each) => [each, 0, 0, {}])],
    });
    const model = (...layers: object[]) => ({
      class_name: 'Functional',
      config: {
        layers: [
          {
            class_name: 'InputLayer',
            name: 'x',
            config: { name: 'x', batch_input_shape: [null, 4] },
            inbound_nodes: [],
          },
          ...layers,
        ],
        input_layers: [['x', 0, 0]],
        output_layers: [['y', 0, 0]],
      },
    });
    expect(analyze(model(layer('y', 'x'))).outputShapes).toEqual([[4]]);
    expect(messageOf(() => analyze(model(layer('y', 'z'), layer('z', 'y'))))).toBe(
      'ArgumentError: topology: expected layers without a cycle, got one through "y"; the file is damaged',
    );
    expect(messageOf(() => analyze(model(layer('y', 'z'))))).toBe(
      'ArgumentError: topology: expected call 0 of layer "z", got none; the file is damaged',
    );
    expect(messageOf(() => analyze(model(layer('y', 'x'), layer('y', 'x'))))).toMatch(
      'expected a name for each layer, got "y" twice',
    );
    const deep = Array.from({ length: 20_000 }, (__, i) =>
      layer(i === 0 ? 'y' : `l${i}`, i === 19_999 ? 'x' : `l${i + 1}`),
    );
    expect(analyze(model(...deep)).layers).toHaveLength(20_001);
  });

  it('answers damaged topologies with an error of ours or with counts, never anything else', () => {
    const text = JSON.stringify(modelGoldens.find(({ name }) => name === 'TinyNested')!.topology);
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.constantFrom('0', '9', '-', 'x', 'null'),
        (at, by) => {
          let damaged: unknown;
          try {
            damaged = JSON.parse(text.slice(0, at) + by + text.slice(at + 1));
          } catch {
            return;
          }
          const message = messageOf(() => analyze(damaged as object));
          expect(message).toMatch(/^(nothing was thrown$|ArgumentError: )/);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
