import {
  analyze,
  estimateMemory,
  largestInput,
  type MemoryOptions,
  planResnet,
} from 'resnet-heads/plan';
import { peakActivations } from '../../src/analyze/memory';
import { messageOf } from '../setup/memory';
import { modelGoldens } from '../setup/model-goldens';

const row = (name: string, bytes: number, ...inputs: string[]) => ({
  name,
  type: 'Activation',
  outputShape: [bytes / 4],
  inputs,
  params: 0,
  trainableParams: 0,
  activationBytes: bytes,
});
const trained = (name: string, params: number, bytes: number, ...inputs: string[]) => ({
  ...row(name, bytes, ...inputs),
  params,
  trainableParams: params,
});

describe('peakActivations', () => {
  it('lets an output go after its last reader, and keeps what the model is called on', () => {
    const chain = [row('x', 10), row('a', 100, 'x'), row('b', 20, 'a'), row('c', 90, 'b')];
    // x with a and b; then a has gone.
    expect(peakActivations(chain)).toBe(10 + 100 + 20);
  });

  it('keeps a shortcut until it is added', () => {
    const block = [
      row('x', 8),
      row('in', 40, 'x'),
      row('a', 40, 'in'),
      row('b', 40, 'a'),
      row('sum', 40, 'b', 'in'),
    ];
    expect(peakActivations(block)).toBe(8 + 40 + 40 + 40);
    expect(peakActivations([...block.slice(0, 4), row('sum', 40, 'b')])).toBe(8 + 40 + 40);
    expect(
      peakActivations([...block.slice(0, 4), row('d', 40, 'b'), row('sum', 40, 'd', 'in')]),
    ).toBe(8 + 40 + 40 + 40);
  });

  it('is at most the sum of all, and at least the largest output with its inputs, on every golden', () => {
    for (const { topology } of modelGoldens) {
      const { layers, totals } = analyze(topology);
      const bytes = new Map(layers.map((layer) => [layer.name, layer.activationBytes]));
      const floor = Math.max(
        ...layers.map(({ activationBytes, inputs }) =>
          inputs.reduce((sum, input) => sum + (bytes.get(input) ?? 0), activationBytes),
        ),
      );
      const peak = peakActivations(layers);
      expect(peak).toBeLessThanOrEqual(totals.activationBytes);
      expect(peak).toBeGreaterThanOrEqual(floor);
    }
  });
});

describe('estimateMemory', () => {
  const model = {
    layers: [row('x', 400), trained('dense', 1_000, 40, 'x'), row('softmax', 40, 'dense')],
  };

  it('adds up what a step holds', () => {
    const { inference, training } = estimateMemory(model, { batchSize: 2 });
    expect(inference).toEqual({ weights: 4_000, activations: 960, temporaries: 0, total: 4_960 });
    expect(training).toEqual({
      weights: 4_000,
      gradients: 4_000,
      optimizerSlots: 8_000,
      temporaries: 14 * 4_000,
      activations: 2 * 480,
      activationGradients: 2 * 80,
      total: 4_000 + 4_000 + 8_000 + 56_000 + 960 + 160,
      minimum: 4_000 + 4_000 + 8_000 + 960 + 160,
    });
  });

  it('takes an optimizer’s temporaries of the largest layer alone, where it works on one after the other', () => {
    const two = { layers: [row('x', 4), trained('a', 10, 4, 'x'), trained('b', 30, 4, 'a')] };
    const of = (optimizer: MemoryOptions['optimizer']) =>
      estimateMemory(two, optimizer && { optimizer }).training;
    expect(of('sgd')).toMatchObject({ optimizerSlots: 0, temporaries: 2 * 4 * 30 });
    expect(of('adamax')).toMatchObject({ optimizerSlots: 2 * 4 * 40, temporaries: 10 * 4 * 40 });
  });

  it('trains all, the head on a frozen base, or the head on cached features', () => {
    const plan = planResnet({ head: 'flattened', numClasses: 10, inputShape: [448, 448, 3] });
    const of = (train: MemoryOptions['train']) => estimateMemory(plan, train && { train }).training;
    expect(of('all').gradients).toBe(4 * plan.totals.trainableParams);
    expect(of('head').gradients).toBe(4 * plan.head.trainableParams);
    expect(of('head').activations).toBe(plan.totals.activationBytes);
    expect(of('head').activationGradients).toBe(plan.head.activationBytes - 4 * 14 * 14 * 2048);
    expect(of('cached')).toMatchObject({
      weights: plan.head.weightBytes,
      gradients: plan.head.weightBytes,
      activations: plan.head.activationBytes + 4 * 14 * 14 * 2048,
    });
    // Weights, gradients and Adam's two moments of 411 M numbers.
    expect(of('cached').minimum / 1e9).toBeCloseTo(6.6, 1);
  });

  it.each([
    [{ batchSize: 0 }, 'batchSize: expected a positive integer, got 0'],
    [
      { optimizer: 'lion' },
      'optimizer: expected one of "sgd", "momentum", "adagrad", "rmsprop", "adadelta", "adamax", "adam", got "lion"',
    ],
    [{ train: 'base' }, 'train: expected one of "all", "head", "cached", got "base"'],
    [null, 'options: expected an options object, got null'],
  ])('rejects %j', (options, message) => {
    expect(messageOf(() => estimateMemory(model, options as MemoryOptions))).toBe(
      `ArgumentError: ${message}`,
    );
  });
});

describe('largestInput', () => {
  const plan = { head: 'flattened', numClasses: 10 } as const;

  it('is the last size that fits', () => {
    const budget = 2e9;
    const found = largestInput(plan, { budget, train: 'cached' })!;
    const bytes = (size: number) =>
      estimateMemory(planResnet({ ...plan, inputShape: [size, size, 3] }), { train: 'cached' })
        .training.total;
    const [size = 0] = found.inputShape;
    expect(found.bytes).toBe(bytes(size));
    expect(found.bytes).toBeLessThanOrEqual(budget);
    expect(bytes(size + 32)).toBeGreaterThan(budget);
    expect(largestInput(plan, { budget, mode: 'inference' })!.inputShape[0]).toBeGreaterThan(size);
  });

  it('is nothing where not even the smallest fits', () => {
    expect(largestInput(plan, { budget: 1_000 })).toBeUndefined();
    expect(
      messageOf(() => largestInput({ ...plan, budget: 1e9 } as never, undefined as never)),
    ).toBe(
      'ArgumentError: options: expected a second argument with the budget, got undefined; call largestInput({ head, numClasses }, { budget })',
    );
    expect(messageOf(() => largestInput(plan, { budget: 0 }))).toBe(
      'ArgumentError: budget: expected a positive integer, got 0',
    );
  });
});
