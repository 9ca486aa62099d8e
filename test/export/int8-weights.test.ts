import { affineOf, tensorOf } from '../../src/export/onnx/quantize/numbers';
import { floatsIn } from '../../src/export/onnx/tensor';
import { quantizedWeights } from '../../src/export/onnx/quantize/weights';
import type { OnnxTensor } from '../../src/export/onnx/schema';
import { bytesOf } from '../../src/bytes';
import { draw } from '../setup/draw';

const read = <T extends ArrayBufferView>(tensor: OnnxTensor, into: T): T => {
  tensor.data.write(bytesOf(into));
  return into;
};
const named = (tensors: readonly OnnxTensor[], name: string): OnnxTensor =>
  tensors.find((each) => each.name === name)!;

describe('affineOf', () => {
  it.each([
    // A ReLU's output: 0 … 255.
    [
      { min: 0, max: 5.1 },
      { scale: Math.fround(0.02), zeroPoint: 0 },
    ],
    // 255 steps from −1 to 4, of which 51 are below 0.
    [
      { min: -1, max: 4 },
      { scale: Math.fround(5 / 255), zeroPoint: 51 },
    ],
    // 0 must be a number of the grid.
    [
      { min: 2, max: 5.1 },
      { scale: Math.fround(0.02), zeroPoint: 0 },
    ],
    [
      { min: -5.1, max: -2 },
      { scale: Math.fround(0.02), zeroPoint: 255 },
    ],
    [
      { min: 0, max: 0 },
      { scale: 1, zeroPoint: 0 },
    ],
    [
      { min: -1e-44, max: 1e-44 },
      { scale: 1, zeroPoint: 0 },
    ],
  ])('maps %j to uint8', (range, expected) => {
    expect(affineOf(range)).toEqual(expected);
  });
});

describe('quantizedWeights', () => {
  const kernel = tensorOf('k', Float32Array.of(1, -0.5, 0.3, 0.1), [2, 2, 1, 1]);
  const bias = tensorOf('b', Float32Array.of(1, 0.5), [2]);
  const multiplied = { axis: 0, scale: 0.1, isDepthwise: false };

  it('gives the integers and scales that were computed by hand', () => {
    const means = Float32Array.of(1, 2);
    const { nodes, tensors } = quantizedWeights(kernel, bias, { ...multiplied, means });
    expect(
      nodes.map(({ op, inputs, output, attributes }) => [op, inputs, output, attributes]),
    ).toEqual([
      ['DequantizeLinear', ['k/quantized', 'k/scale', 'k/zero'], 'k', { axis: 0 }],
      ['DequantizeLinear', ['b/quantized', 'b/scale', 'b/zero'], 'b', { axis: 0 }],
    ]);
    // The two largest of an output add up to 127: 1.5 / 127 and 0.4 / 127.
    const scales = [1.5 / 127, 0.4 / 127];
    expect(read(named(tensors, 'k/scale'), new Float32Array(2))).toBeAllclose(scales, 1e-6);
    expect([...read(named(tensors, 'k/quantized'), new Int8Array(4))]).toEqual([85, -42, 95, 32]);
    // Rounding adds 0.5 / 127 · 1 and 0.5 / 127 · 2 to the mean of the first output, −0.1 / 127 · 1 and 0.1 / 127 · 2 to the second's.
    const units = scales.map((scale) => 0.1 * scale);
    expect(read(named(tensors, 'b/scale'), new Float32Array(2))).toBeAllclose(units, 1e-6);
    const expected = [(1 - 1.5 / 127) / units[0]!, (0.5 - 0.1 / 127) / units[1]!].map(Math.round);
    expect(expected).toEqual([837, 1585]);
    expect([...read(named(tensors, 'b/quantized'), new Int32Array(2))]).toEqual(expected);
  });

  it('uses all of int8 for a depthwise kernel, and a bias of its own where there is none', () => {
    const shape = [2, 1, 1, 2];
    const depthwise = tensorOf('k', Float32Array.of(1, -0.3, 0.3, 0.1), shape);
    const { tensors } = quantizedWeights(depthwise, undefined, {
      ...{ ...multiplied, isDepthwise: true, means: Float32Array.of(0, 2) },
    });
    expect([...read(named(tensors, 'k/quantized'), new Int8Array(4))]).toEqual([127, -38, 127, 42]);
    // 2 · the errors of the second channel: 0 and 42 · 0.3 / 127 − 0.1.
    const shift = (2 * ((42 * 0.3) / 127 - 0.1)) / ((0.1 * 0.3) / 127);
    const [first, second] = read(named(tensors, 'k/bias/quantized'), new Int32Array(2));
    expect([first, second]).toEqual([0, Math.round(-shift)]);
  });

  it('never lets two products exceed int16', () => {
    const [outputs, inputs] = [40, 30];
    const values = draw('kernel', outputs * inputs, -1, 1).map((value) => value ** 3);
    for (const axis of [0, 1]) {
      const shape = axis === 0 ? [outputs, inputs, 1, 1] : [inputs, outputs];
      const { tensors } = quantizedWeights(tensorOf('k', values, shape), undefined, {
        ...{ axis, scale: 1, isDepthwise: false, means: undefined },
      });
      const integers = read(named(tensors, 'k/quantized'), new Int8Array(values.length));
      const sums = Array.from({ length: outputs }, (_, output) => {
        const own = [...integers].filter((_, i) =>
          axis === 0 ? Math.floor(i / inputs) === output : i % outputs === output,
        );
        const [a = 0, b = 0] = own.map(Math.abs).sort((x, y) => y - x);
        return a + b;
      });
      expect(255 * Math.max(...sums)).toBeLessThanOrEqual(32_767);
      expect(Math.min(...sums)).toBeGreaterThanOrEqual(126);
    }
  });

  it('stores zeros, and a bias that is large beside its kernel', () => {
    const tiny = tensorOf('k', Float32Array.of(0, 0, 1e-20, 0), [2, 2, 1, 1]);
    const { tensors } = quantizedWeights(tiny, bias, { ...multiplied, means: undefined });
    const scales = read(named(tensors, 'b/scale'), new Float32Array(2));
    const integers = read(named(tensors, 'b/quantized'), new Int32Array(2));
    expect([...integers].map((value, i) => value * scales[i]!)).toBeAllclose([1, 0.5], 0.1);
    expect([...floatsIn(named(tensors, 'k/scale'))].every((scale) => scale > 0)).toBe(true);
  });
});
