import fc from 'fast-check';
import { readOnnx } from '../../src/onnx/read';
import { numbersOf } from '../../src/onnx/tensor';
import { bytes, integer, message, text } from '../../src/export/protobuf';
import { messageOf } from '../setup/memory';
import { node, onnxFile, tensor } from '../setup/write-onnx';

const plain = onnxFile({
  nodes: [
    node('Conv', ['x', 'w'], 'h', { pads: [1, 1, 1, 1], group: 1 }),
    node('Relu', ['h'], 'y'),
  ],
  tensors: [tensor('w', [4, 3, 3, 3]), tensor('sizes', [2], [-1, 7])],
});

const messageFor = (file: Uint8Array) => messageOf(() => readOnnx(file));

describe('readOnnx', () => {
  it('accepts a file, and copies no weights', () => {
    const file = readOnnx(plain);
    expect(file.inputs.map(({ name, type, shape }) => [name, type, shape])).toEqual([
      ['x', 'float32', ['batch', 3, 32, 32]],
    ]);
    expect(file.nodes.map(({ op, inputs, outputs }) => [op, inputs, outputs])).toEqual([
      ['Conv', ['x', 'w'], ['h']],
      ['Relu', ['h'], ['y']],
    ]);
    expect(file.nodes[0]!.attributes.get('pads')).toEqual([1, 1, 1, 1]);
    const weight = file.initializers.get('w')!;
    expect([weight.type, weight.shape]).toEqual(['float32', [4, 3, 3, 3]]);
    expect(weight.bytes.buffer).toBe(plain.buffer);
    expect(numbersOf(file.initializers.get('sizes')!, 10)).toEqual([-1, 7]);
    expect(numbersOf(weight, 10)).toBeUndefined();
    expect([file.irVersion, [...file.opsets]]).toEqual([8, [['', 17]]]);
  });

  it('accepts numbers at an odd place in a Buffer', () => {
    const shifted = Buffer.concat([Buffer.from([0]), plain]).subarray(1);
    const { initializers } = readOnnx(shifted);
    expect(numbersOf(initializers.get('sizes')!, 10)).toEqual([-1, 7]);
  });

  const typed = (content: ReturnType<typeof integer>) =>
    readOnnx(
      onnxFile({ nodes: [node('Identity', ['x'], 'y')], tensors: [[...text(8, 't'), ...content]] }),
    ).initializers.get('t')!;

  it.each([
    [
      'packed int64_data',
      [...integer(1, 2), ...integer(2, 7), ...bytes(7, Uint8Array.of(3, 150, 1))],
      [3, 150],
    ],
    [
      'single int64_data',
      [...integer(1, 2), ...integer(2, 7), ...integer(7, 5), ...integer(7, -1)],
      [5, -1],
    ],
    [
      'packed float_data',
      [
        ...integer(1, 1),
        ...integer(2, 1),
        ...bytes(4, new Uint8Array(Float32Array.of(1.5).buffer)),
      ],
      [1.5],
    ],
    ['float16 in int32_data', [...integer(1, 1), ...integer(2, 10), ...integer(5, 0x3c00)], [1]],
    [
      'packed dims',
      [...bytes(1, Uint8Array.of(1, 2)), ...integer(2, 2), ...bytes(9, Uint8Array.of(8, 9))],
      [8, 9],
    ],
  ])('accepts %s', (_, content, expected) => {
    expect(numbersOf(typed(content), 10)).toEqual(expected);
  });

  it.each([
    ['nothing', new Uint8Array(), '08'],
    ['JSON', new TextEncoder().encode('{}'), '08'],
    ['a file without a graph', Uint8Array.of(8, 8), 'graph'],
    ['a length beyond the file', Uint8Array.of(8, 8, 0x3a, 0xff, 0xff, 0xff, 0x7f), 'within'],
    ['a negative length', Uint8Array.of(8, 8, 0x3a, ...Array<number>(9).fill(0xff), 1), 'within'],
    ['a number without an end', Uint8Array.of(8, ...Array<number>(11).fill(0x80)), 'bytes'],
    ['a group', Uint8Array.of(8, 8, 0x3b), 'wire type'],
    ['field 0', Uint8Array.of(8, 8, 0x00, 0x00), 'field'],
    ['an input that nothing gives', onnxFile({ nodes: [node('Relu', ['z'], 'y')] }), '"z"'],
    [
      'nodes in a circle',
      onnxFile({ nodes: [node('Add', ['x', 'b'], 'y'), node('Relu', ['y'], 'b')] }),
      '"b"',
    ],
    [
      'a tensor that is made twice',
      onnxFile({ nodes: [node('Relu', ['x'], 'y'), node('Relu', ['x'], 'y')] }),
      '"y" twice',
    ],
    ['an output that nothing gives', onnxFile({ nodes: [], outputs: ['y'] }), '"y"'],
    [
      'no version of operators',
      onnxFile({ nodes: [node('Relu', ['x'], 'y')] }).slice(0, -4),
      'version',
    ],
    [
      'weights of another length than their shape',
      onnxFile({
        nodes: [node('Relu', ['x'], 'y')],
        tensors: [
          [...integer(1, 2), ...integer(2, 1), ...text(8, 'w'), ...bytes(9, new Uint8Array(4))],
        ],
      }),
      '8 bytes',
    ],
    [
      'a size beyond 2^53',
      onnxFile({
        nodes: [node('Relu', ['x'], 'y')],
        tensors: [
          [...integer(1, 2 ** 40), ...integer(1, 2 ** 40), ...integer(2, 1), ...text(8, 'w')],
        ],
      }),
      'sizes',
    ],
    [
      'too many sizes',
      onnxFile({
        nodes: [node('Relu', ['x'], 'y')],
        tensors: [[...bytes(1, new Uint8Array(1000).fill(1)), ...integer(2, 1)]],
      }),
      'sizes',
    ],
  ])('rejects %s', (_, file, expected) => {
    const error = messageFor(file);
    expect(error).toMatch(/^WeightsError: onnx: expected/);
    expect(error).toContain(expected);
  });

  it('rejects weights in another file, and says how to save one file', () => {
    const external = [...integer(1, 2), ...integer(2, 1), ...text(8, 'w'), ...integer(14, 1)];
    const file = onnxFile({ nodes: [node('Relu', ['x'], 'y')], tensors: [external] });
    expect(messageFor(file)).toBe(
      'ArgumentError: onnx: expected all weights in the file, got tensor "w" in another file; save the model as one file, in Python: ' +
        'onnx.save(onnx.load("model.onnx"), "one-file.onnx")',
    );
  });

  it('rejects graphs that are nested too deep', () => {
    let graph = message(6, message(1, node('Relu', ['x'], 'z')));
    for (let i = 0; i < 100; i++) {
      graph = message(6, message(1, node('If', ['x'], 'z', {}, message(5, graph))));
    }
    const file = onnxFile({ nodes: [node('If', ['x'], 'y', {}, message(5, graph))] });
    expect(messageFor(file)).toContain('nested');
  });

  it('rejects millions of empty nodes before they take memory', () => {
    const empty = new Uint8Array(2 ** 21).fill(0);
    for (let i = 0; i < empty.length; i += 2) empty[i] = 0x0a;
    const file = onnxFile({ nodes: [node('Relu', ['x'], 'y')], more: [empty] });
    expect(messageFor(file)).toMatch(/^WeightsError: onnx: expected/);
    const values = new Uint8Array(2 ** 21).fill(0);
    for (let i = 0; i < values.length; i += 2) values[i] = 0x6a;
    const other = onnxFile({ nodes: [node('Relu', ['x'], 'y')], more: [values] });
    expect(messageFor(other)).toContain('malicious');
  });

  it('rejects every truncated file', () => {
    for (let length = 0; length < plain.length; length++) {
      expect(messageFor(plain.subarray(0, length))).toMatch(/^WeightsError: onnx: expected/);
    }
  });

  it('reads damaged bytes or rejects them, and does nothing else', () => {
    const at = fc.nat(plain.length - 1);
    const changes = fc.array(fc.tuple(at, fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(changes, (all) => {
        const damaged = plain.slice();
        for (const [place, byte] of all) damaged[place] = byte;
        try {
          readOnnx(damaged);
        } catch (error) {
          expect((error as Error).name).toMatch(/^(Weights|Argument)Error$/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
