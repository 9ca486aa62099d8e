import { analyze, estimateMemory, format } from 'resnet-heads';
import { valueInfo } from '../../src/export/onnx/schema';
import { bytes, integer, text } from '../../src/export/protobuf';
import { rejection } from '../setup/memory';
import { node, onnxFile, tensor } from '../setup/write-onnx';

describe('analyze of an ONNX file', () => {
  it('names rows after outputs, with weights where they are used first', async () => {
    const nodes = [
      ...[node('Cast', ['w'], 'kernel', { to: 1 }), node('Conv', ['x', 'kernel'], 'a')],
      ...[node('Conv', ['a', 'v'], 'b'), node('Conv', ['b', 'v'], 'y')],
    ];
    const tensors = [tensor('w', [4, 3, 1, 1]), tensor('v', [4, 4, 1, 1])];
    const stats = await analyze(onnxFile({ nodes, tensors }));
    const rows = stats.layers.map(({ name, type, params, macs, inputs }) => [
      name,
      type,
      params,
      macs,
      inputs,
    ]);
    expect(rows).toEqual([
      ['x', 'Input', 0, 0, []],
      ['a', 'Conv', 12, 12 * 1024, ['x']],
      ['b', 'Conv', 16, 16 * 1024, ['a']],
      ['y', 'Conv', 0, 16 * 1024, ['b']],
    ]);
    expect(stats.layers[1]!.outputShape).toEqual([4, 32, 32]);
    expect(format(stats)).toContain('12,288');
  });

  it('counts quantized weights as the weights', async () => {
    const scale = tensor('scale', [1]);
    const integers = tensor('q', [4, 3, 1, 1], Array<number>(12).fill(1));
    const nodes = [
      ...[
        node('QuantizeLinear', ['x', 'scale'], 'xq'),
        node('DequantizeLinear', ['xq', 'scale'], 'xd'),
      ],
      ...[node('DequantizeLinear', ['q', 'scale'], 'w'), node('Conv', ['xd', 'w'], 'y')],
    ];
    const { totals, weightTypes } = await analyze(onnxFile({ nodes, tensors: [scale, integers] }));
    expect([totals.params, totals.macs]).toEqual([12, 12 * 1024]);
    expect([totals.weightBytes, weightTypes]).toEqual([12 * 8, ['int64']]);
  });

  const grow = { nodes: [node('Grow', ['x'], 'y')] };

  it('rejects an operator whose shape cannot be inferred, unless there is a counter or a declared shape', async () => {
    expect(await rejection(analyze(onnxFile(grow)))).toBe(
      'ArgumentError: onnx: node "y" (Grow) expected an operator whose output shape can be inferred, got "Grow"; ' +
        'pass a counter for it, or a file that declares the shape',
    );
    const Grow = (_: unknown, [shape = []]: readonly (readonly number[])[]) => ({
      type: 'Grow',
      outputShape: [...shape, 2],
      params: 5,
      trainableParams: 5,
      macs: 7,
    });
    const counted = await analyze(onnxFile(grow), { counters: { Grow } });
    expect([counted.totals.params, counted.totals.macs]).toEqual([5, 7]);
    expect(counted.outputShapes).toEqual([[3, 32, 32, 2]]);
    const values = [valueInfo('h', 'float32', ['batch', 5])];
    const nodes = [node('Grow', ['x'], 'h'), node('Relu', ['h'], 'y')];
    const declared = await analyze(onnxFile({ nodes, values }));
    expect([declared.uncounted, declared.outputShapes]).toEqual([['h'], [[5]]]);
  });

  it.each([[[224, 224, 3]], [[3, 224, 224]]])(
    'takes the size of a file for any size: %j',
    async (inputShape) => {
      const nodes = [node('Conv', ['x', 'w'], 'y')];
      const file = onnxFile({
        nodes,
        input: ['n', 3, 'h', 'w'],
        tensors: [tensor('w', [4, 3, 1, 1])],
      });
      expect((await analyze(file, { inputShape })).outputShapes).toEqual([[4, 224, 224]]);
      expect(await rejection(analyze(file))).toContain('pass the input shape without the batch');
    },
  );

  it.each([
    [['n', 3, 'h', 'w'], '[3, 224, 224]'],
    [['n', 1, 28, 'w'], '[1, 28, 224]'],
    [['n', null, 'h', 'w'], '[3, 224, 224]'],
  ] as const)('advises a shape in the order of axes of an input %j', async (input, advised) => {
    const channels = input[1] ?? 3;
    const tensors = [tensor('w', [4, channels, 1, 1])];
    const file = onnxFile({ nodes: [node('Conv', ['x', 'w'], 'y')], input, tensors });
    const told = await rejection(analyze(file));
    expect(told).toContain(`pass the input shape without the batch: { inputShape: ${advised} }`);
    const inputShape = JSON.parse(advised) as number[];
    const turned = [...inputShape.slice(1), channels];
    expect((await analyze(file, { inputShape })).inputShapes).toEqual([inputShape]);
    expect((await analyze(file, { inputShape: turned })).inputShapes).toEqual([inputShape]);
  });

  it('advises channels last for a file that has them last', async () => {
    const nodes = [
      node('Transpose', ['x'], 't', { perm: [0, 3, 1, 2] }),
      node('Conv', ['t', 'w'], 'y'),
    ];
    const input = ['n', 'h', 'w', 3] as const;
    const file = onnxFile({ nodes, input, tensors: [tensor('w', [4, 3, 1, 1])] });
    expect(await rejection(analyze(file))).toContain('{ inputShape: [224, 224, 3] }');
  });

  it('gives sizes in the types of the file, and none for training', async () => {
    const half = (name: string, shape: readonly number[]) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const sizes = shape.flatMap((size) => integer(1, size));
      return [
        ...sizes,
        ...integer(2, 10),
        ...text(8, name),
        ...bytes(9, new Uint8Array(2 * count)),
      ];
    };
    const nodes = [
      node('Cast', ['x'], 'h', { to: 10 }),
      node('Conv', ['h', 'w', 'b'], 'c'),
      node('Cast', ['c'], 'd', { to: 1 }),
      node('Conv', ['d', 'v'], 'y'),
    ];
    const tensors = [half('w', [4, 3, 1, 1]), half('b', [4]), tensor('v', [1, 4, 1, 1])];
    const stats = await analyze(onnxFile({ nodes, tensors }));
    expect([stats.source, stats.weightTypes]).toEqual(['onnx', ['float16', 'float32']]);
    expect(stats.totals.weightBytes).toBe(2 * 16 + 4 * 4);
    expect(stats.layers.map(({ activationBytes }) => activationBytes / 1024)).toEqual([
      ...[4 * 3, 2 * 3, 2 * 4, 4 * 4, 4],
    ]);
    expect(stats.totals.activationBytes).toBe(46 * 1024);
    expect(estimateMemory(stats).inference.weights).toBe(2 * 16 + 4 * 4);
    const report = format(stats);
    expect(report).toContain('Weights: as in the file, float16 and float32, 1 MB = 10⁶ bytes.');
    expect(report).toMatch(/^memory to predict, batch 1 +\| /m);
    expect(report).not.toMatch(/train/);
  });

  it.each([
    ['bchw,cd->bdhw', [3, 5], [5, 32, 32], 5 * 3 * 1024],
    ['bchw, cd', [3, 5], [5, 32, 32], 5 * 3 * 1024],
    ['...w,wd->...d', [32, 7], [3, 32, 7], 3 * 1024 * 7],
    ['bchw->bhw', undefined, [32, 32], 0],
  ])('counts Einsum, %s', async (equation, kernel, outputShape, macs) => {
    const inputs = kernel === undefined ? ['x'] : ['x', 'w'];
    const nodes = [node('Einsum', inputs, 'y', { equation: { text: equation } })];
    const tensors = kernel === undefined ? [] : [tensor('w', kernel)];
    const stats = await analyze(onnxFile({ nodes, tensors }));
    expect([stats.totals.macs, stats.uncounted]).toEqual([macs, []]);
    const [shape = []] = stats.outputShapes;
    // Without an arrow, indices are in the order of the alphabet: b, d, h, w.
    expect(shape).toEqual(outputShape);
  });

  it.each([
    ['ij,jk->ik', [3, 5]],
    ['bchw,ck->bkhw', [4, 5]],
    ['bchw->bchz', undefined],
    ['bchw,cd,de->be', [3, 5]],
    ['b!hw->b', undefined],
  ])('rejects the equation %s where it does not fit', async (equation, kernel) => {
    const inputs = kernel === undefined ? ['x'] : ['x', 'w'];
    const nodes = [node('Einsum', inputs, 'y', { equation: { text: equation } })];
    const tensors = kernel === undefined ? [] : [tensor('w', kernel)];
    expect(await rejection(analyze(onnxFile({ nodes, tensors })))).toContain(
      `node "y" (Einsum) expected shapes of "${equation}", got inputs of [1, 3, 32, 32]`,
    );
  });

  it.each([
    ['LSTM', 4, 0, [10, 2, 1, 6]],
    ['GRU', 3, 0, [10, 2, 1, 6]],
    ['RNN', 1, 1, [10, 2, 6]],
  ])('counts %s, of both directions', async (op, gates, layout, output) => {
    const [rows, hidden] = [gates * 6, 6];
    const tensors = [
      tensor('w', [2, rows, 5]),
      tensor('r', [2, rows, hidden]),
      tensor('b', [2, 2 * rows]),
    ];
    // The batch is the first axis of the file's input.
    const input = layout === 0 ? 't' : 'x';
    const nodes = [
      node('Transpose', ['x'], 't', { perm: [1, 0, 2] }),
      node(op, [input, 'w', 'r', 'b'], 'y', { layout, hidden_size: hidden }),
    ];
    const stats = await analyze(onnxFile({ nodes, tensors, input: [1, 10, 5] }));
    const perStep = 2 * rows * (5 + hidden);
    expect([stats.totals.macs, stats.uncounted]).toEqual([10 * perStep, []]);
    expect(stats.totals.params).toBe(perStep + 2 * 2 * rows);
    expect(stats.layers.at(-1)!.outputShape).toEqual(output);
    const wrong = onnxFile({ nodes, tensors, input: [1, 10, 4] });
    expect(await rejection(analyze(wrong))).toContain('weights that fit, got inputs of');
  });

  it('counts ConvTranspose: each number of the input meets each of its filters', async () => {
    const nodes = [node('ConvTranspose', ['x', 'w'], 'y', { strides: [2, 2] })];
    const stats = await analyze(onnxFile({ nodes, tensors: [tensor('w', [3, 8, 2, 2])] }));
    expect([stats.totals.macs, stats.outputShapes]).toEqual([3 * 1024 * 8 * 4, [[8, 64, 64]]]);
  });

  it('says that MACs are unknown, of attention in a domain of its own', async () => {
    const own = [...node('Attention', ['x', 'w'], 'h'), ...text(7, 'com.microsoft')];
    const nodes = [own, node('Conv', ['h', 'w'], 'y')];
    const values = [valueInfo('h', 'float32', ['batch', 3, 32, 32])];
    const stats = await analyze(onnxFile({ nodes, values, tensors: [tensor('w', [4, 3, 1, 1])] }));
    expect([stats.uncounted, stats.layers[1]!.macs]).toEqual([['h'], null]);
    const report = format(stats);
    expect(report).toMatch(/^MACs +\| +at least 12,288$/m);
    expect(report).toContain('Layers with unknown MACs: 1 (h).');
  });

  it('rejects a batch of fixed size', async () => {
    const file = onnxFile({ nodes: [node('Relu', ['x'], 'y')], input: [8, 3, 4, 4] });
    expect(await rejection(analyze(file))).toContain(
      'batch of input "x": expected 1, or any, got 8',
    );
  });
});
