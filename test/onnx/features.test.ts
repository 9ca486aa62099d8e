import { featuresOf } from '../../src/onnx/features';
import { infer } from '../../src/onnx/infer/infer';
import { readOnnx } from '../../src/onnx/read';
import { integer, message, text } from '../../src/export/protobuf';
import { valueInfo } from '../../src/export/onnx/schema';
import { messageOf } from '../setup/memory';
import { node, onnxFile, tensor, type Written } from '../setup/write-onnx';

const fileOf = (written: Written) => readOnnx(onnxFile(written));

/** The shape of "y" for an input of the given shape. */
function shapeOf(written: Written, input: readonly number[] = [1, 3, 32, 32]) {
  const { tensors, unknown } = infer(fileOf({ input: input.map(() => null), ...written }), [input]);
  return tensors.get('y')?.shape ?? unknown.map(({ op }) => op);
}

const weights = [tensor('w', [8, 3, 3, 3]), tensor('bias', [8])];
const window = { kernel_shape: [3, 3], strides: [2, 2] };

describe('infer', () => {
  it.each([
    [
      'Conv',
      [node('Conv', ['x', 'w'], 'y', { pads: [1, 1, 1, 1], strides: [2, 2] })],
      [1, 8, 16, 16],
    ],
    [
      'Conv with SAME',
      [node('Conv', ['x', 'w'], 'y', { auto_pad: { text: 'SAME_UPPER' }, strides: [3, 3] })],
      [1, 8, 11, 11],
    ],
    ['Conv with holes', [node('Conv', ['x', 'w'], 'y', { dilations: [2, 3] })], [1, 8, 28, 26]],
    ['MaxPool', [node('MaxPool', ['x'], 'y', window)], [1, 3, 15, 15]],
    [
      'MaxPool that rounds up',
      [node('MaxPool', ['x'], 'y', { ...window, ceil_mode: 1 })],
      [1, 3, 16, 16],
    ],
    ['GlobalAveragePool', [node('GlobalAveragePool', ['x'], 'y')], [1, 3, 1, 1]],
    ['Flatten', [node('Flatten', ['x'], 'y')], [1, 3072]],
    ['Transpose', [node('Transpose', ['x'], 'y', { perm: [0, 2, 3, 1] })], [1, 32, 32, 3]],
    ['Resize', [node('Resize', ['x', '', '', 'sizes'], 'y')], [1, 3, 7, 9]],
    ['ReduceMean', [node('ReduceMean', ['x'], 'y', { axes: [2, 3], keepdims: 0 })], [1, 3]],
    ['an operator that is not known', [node('Grow', ['x'], 'y')], ['Grow']],
    ['Slice backwards', [node('Slice', ['x', 'from', 'to', 'axis', 'back'], 'y')], [1, 3, 11, 32]],
    ['Split', [node('Split', ['x'], 'y', { axis: 3 }, text(2, 'z'))], [1, 3, 32, 16]],
    [
      "sizes that torch's exporter computes",
      [
        node('Shape', ['x'], 'shape'),
        node('Gather', ['shape', 'zero'], 'batch'),
        node('Unsqueeze', ['batch', 'zeros'], 'batches'),
        node('Concat', ['batches', 'rest'], 'target', { axis: 0 }),
        node('Reshape', ['x', 'target'], 'y'),
      ],
      [1, 6, 512],
    ],
  ])('infers %s', (_, nodes, expected) => {
    const tensors = [
      ...weights,
      tensor('sizes', [4], [1, 3, 7, 9]),
      ...[tensor('from', [1], [-1]), tensor('to', [1], [-100]), tensor('axis', [1], [2])],
      tensor('back', [1], [-3]),
      ...[tensor('zero', [], [0]), tensor('zeros', [1], [0]), tensor('rest', [2], [-1, 512])],
    ];
    expect(shapeOf({ nodes, tensors })).toEqual(expected);
  });

  it('takes the shape that the file declares for an operator that is not known', () => {
    const values = [valueInfo('h', 'float32', ['batch', 5])];
    const nodes = [node('Grow', ['x'], 'h'), node('Relu', ['h'], 'y')];
    expect(shapeOf({ nodes, values, input: ['batch', 3, 32, 32] })).toEqual([1, 5]);
  });

  it('rejects shapes that an operator cannot take, and names it', () => {
    const written = { nodes: [node('Conv', ['x', 'w'], 'y')], tensors: weights };
    expect(messageOf(() => shapeOf(written, [1, 4, 32, 32]))).toBe(
      'ArgumentError: onnx: node "y" (Conv) expected 3 channels for its kernel, got inputs of [1, 4, 32, 32], [8, 3, 3, 3]',
    );
    expect(messageOf(() => shapeOf(written, [1, 3, 2, 2]))).toContain('at least 3');
  });

  it('rejects sizes that no tensor has', () => {
    const tensors = [tensor('sizes', [3], [2 ** 40, 2 ** 40, 1])];
    const nodes = [node('ConstantOfShape', ['sizes'], 'y')];
    expect(messageOf(() => shapeOf({ nodes, tensors }))).toContain('positive sizes');
  });
});

describe('featuresOf', () => {
  const conv = node('Conv', ['x', 'w'], 'h');
  const inputSize = [32, 32] as const;

  it.each([
    ['a convolution', [conv, node('Relu', ['h'], 'y')], 'nchw', [30, 30, 8]],
    [
      'a convolution, transposed',
      [conv, node('Transpose', ['h'], 'y', { perm: [0, 2, 3, 1] })],
      'nhwc',
      [30, 30, 8],
    ],
    ['tokens', [conv, node('Reshape', ['h', 'to3'], 'y')], 'tokens', [1, 8, 900]],
    [
      'a vector',
      [conv, node('GlobalMaxPool', ['h'], 'p'), node('Flatten', ['p'], 'y')],
      'vector',
      [1, 1, 8],
    ],
    ['a square map, reshaped', [conv, node('Reshape', ['h', 'last'], 'y')], 'nhwc', [30, 30, 8]],
    [
      'what a reshaped map is with channels first',
      [conv, node('Reshape', ['h', 'first'], 'y')],
      'nchw',
      [30, 30, 8],
    ],
  ])('finds %s', (_, nodes, layout, shape) => {
    const tensors = [
      ...weights,
      tensor('to3', [3], [0, 0, -1]),
      tensor('last', [4], [0, 30, 30, 8]),
      tensor('first', [4], [0, 8, 30, 30]),
    ];
    const found = featuresOf(fileOf({ nodes, tensors }));
    expect([found.layout, found.shape, found.type]).toEqual([layout, shape, 'float32']);
    expect(found.input).toEqual({
      name: 'x',
      layout: 'nchw',
      type: 'float32',
      batch: null,
      size: [32, 32],
    });
  });

  it('asks for the layout of a map that can be read both ways, and takes it', () => {
    const nodes = [conv, node('Reshape', ['h', 'cube'], 'y')];
    const file = fileOf({
      nodes,
      tensors: [tensor('w', [10, 3, 23, 23]), tensor('cube', [4], [0, 10, 10, 10])],
    });
    expect(messageOf(() => featuresOf(file))).toBe(
      `ArgumentError: layout: expected 'nhwc' or 'nchw' for features "y" of shape [1, 10, 10, 10], got undefined; it can be either: pass the option`,
    );
    expect(featuresOf(file, { layout: 'nhwc' }).layout).toBe('nhwc');
  });

  it('lists what can be features if an output is missing', () => {
    const file = fileOf({ nodes: [conv, node('Relu', ['h'], 'y')], tensors: weights });
    expect(featuresOf(file, { output: 'h' }).shape).toEqual([30, 30, 8]);
    const error = messageOf(() => featuresOf(file, { output: 'z' }));
    expect(error).toMatch(/^ArgumentError: output: expected a tensor of features/);
    expect(error).toContain('got "z"; choose one of "y" and "h"');
    expect(messageOf(() => featuresOf(file, { output: 'w' }))).toContain('choose one of');
  });

  it('says which operator is not known', () => {
    const file = fileOf({ nodes: [node('Grow', ['x'], 'h'), node('Relu', ['h'], 'y')] });
    expect(messageOf(() => featuresOf(file))).toContain('operators of unknown shape: "Grow"');
  });

  it.each([
    ['channels first', ['n', 3, 'h', 'w'], 'nchw'],
    ['channels last', ['n', 'h', 'w', 3], 'nhwc'],
  ])('takes any size for an input with %s', (_, input, layout) => {
    const tensors = [tensor('w', [8, layout === 'nchw' ? 3 : 40, 3, 3])];
    const file = fileOf({ input, nodes: [conv, node('Relu', ['h'], 'y')], tensors });
    expect(messageOf(() => featuresOf(file))).toContain('of size [any, any] takes, got undefined');
    const found = featuresOf(file, { inputSize: [40, 48] });
    expect([found.input.layout, found.input.size]).toEqual([layout, [null, null]]);
  });

  it('rejects a size other than the file has, and inputs that are no images', () => {
    const nodes = [node('Relu', ['x'], 'y')];
    expect(messageOf(() => featuresOf(fileOf({ nodes }), { inputSize: [64, 64] }))).toContain(
      '[32, 32]',
    );
    expect(messageOf(() => featuresOf(fileOf({ nodes, input: ['n', 10] })))).toContain(
      'inputs: expected one of images',
    );
    expect(featuresOf(fileOf({ nodes }), { inputSize }).shape).toEqual([32, 32, 3]);
  });

  it('ignores what a file says about graphs within nodes', () => {
    const graph = message(6, message(1, node('Relu', ['x'], 'z')));
    const nodes = [
      node('If', ['x'], 'h', {}, message(5, [...text(1, 'then'), ...graph, ...integer(20, 5)])),
    ];
    const file = fileOf({ nodes: [...nodes, node('Relu', ['x'], 'y')] });
    expect(file.nodes[0]!.captured).toEqual(['x']);
    expect(featuresOf(file).shape).toEqual([32, 32, 3]);
  });
});
