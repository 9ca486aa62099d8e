import { analyze, format } from 'resnet-heads';
import { valueInfo } from '../../src/export/onnx/schema';
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
    const { totals } = await analyze(onnxFile({ nodes, tensors: [scale, integers] }));
    expect([totals.params, totals.macs]).toEqual([12, 12 * 1024]);
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

  it('rejects a batch of fixed size', async () => {
    const file = onnxFile({ nodes: [node('Relu', ['x'], 'y')], input: [8, 3, 4, 4] });
    expect(await rejection(analyze(file))).toContain(
      'batch of input "x": expected 1, or any, got 8',
    );
  });
});
