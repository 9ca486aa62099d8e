import * as tf from '@tensorflow/tfjs';
import { buildHead, exportOnnx, flattenedHead, pooledHead } from 'resnet-heads';
import { cutOnnx, joinOnnx } from '../../src/export/onnx/join';
import { valueInfo } from '../../src/export/onnx/schema';
import { featuresOf } from '../../src/onnx/features';
import { readOnnx } from '../../src/onnx/read';
import { integer, message, text } from '../../src/export/protobuf';
import { expectNoLeak, messageOf, rejection } from '../setup/memory';
import { runOnnx } from '../setup/onnx';
import { node, onnxFile, tensor, type Written } from '../setup/write-onnx';

const input = ['batch', 3, 4, 4];
const ones = { nodes: [node('Relu', ['x'], 'h'), node('Flatten', ['h'], 'y')], input, rank: 2 };

const fileOf = (written: Written) => readOnnx(onnxFile(written));

async function headOf(shape: readonly [number, number, number]) {
  const head = buildHead(pooledHead({ numClasses: 2 }), shape, { seed: 1 });
  const bytes = await exportOnnx(head);
  head.dispose();
  return bytes;
}

const images = Float32Array.from({ length: 2 * 48 }, (_, i) => (i % 11) - 5);

describe('joinOnnx', () => {
  it('keeps nothing that the features do not need, and the rest byte by byte', async () => {
    const nodes = [
      ...[node('Relu', ['x'], 'h'), node('Flatten', ['h'], 'flat')],
      node('MatMul', ['flat', 'w'], 'y'),
    ];
    const values = [valueInfo('h', 'float32', input), valueInfo('flat', 'float32', ['batch', 48])];
    const file = fileOf({
      nodes,
      input,
      values,
      tensors: [tensor('w', [48, 7])],
      opset: 18,
      rank: 2,
    });
    const features = featuresOf(file, { output: 'h' });
    const joined = readOnnx(joinOnnx(file, features, await headOf(features.shape)));
    expect(joined.nodes.slice(0, 1).map(({ bytes }) => [...bytes])).toEqual([
      [...nodes[0]!.flatMap((each) => [...(each as Uint8Array)])],
    ]);
    expect(joined.nodes.map(({ op }) => op)).not.toContain('MatMul');
    expect(joined.initializers.has('w')).toBe(false);
    expect([...joined.values.keys()]).toEqual(['h']);
    expect([...joined.opsets]).toEqual([['', 18]]);
    expect(joined.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['predictions', ['batch', 2]],
    ]);
  });

  it('gives the same bytes each time, and takes no tensors', async () => {
    await expectNoLeak(async () => {
      const file = fileOf(ones);
      const features = featuresOf(file, { output: 'h' });
      const head = await headOf(features.shape);
      expect(joinOnnx(file, features, head)).toEqual(joinOnnx(file, features, head));
    });
  });

  it("gives a head's names a prefix that the file doesn't have", async () => {
    const nodes = [
      ...[node('Relu', ['x'], 'head/h'), node('Relu', ['head/h'], 'features/h')],
      node('Relu', ['features/h'], 'predictions'),
    ];
    const file = fileOf({ nodes, input, outputs: ['predictions'] });
    const features = featuresOf(file);
    const joined = joinOnnx(file, features, await headOf(features.shape));
    const { output, shape } = await runOnnx(joined, images, [2, 3, 4, 4]);
    expect([output, shape]).toEqual(['head2/predictions', [2, 2]]);
  });

  it.each([
    ['a vector', 2, [node('Flatten', ['x'], 'y')], [1, 1, 48]],
    ['tokens', 3, [node('Reshape', ['x', 'to3'], 'y')], [1, 3, 16]],
    ['channels last', 4, [node('Transpose', ['x'], 'y', { perm: [0, 2, 3, 1] })], [4, 4, 3]],
    [
      'float16',
      4,
      [node('Cast', ['x'], 'h', { to: 10 }), node('Cast', ['h'], 'y', { to: 1 })],
      [4, 4, 3],
    ],
  ])('converts %s', async (name, rank, nodes, map) => {
    const file = fileOf({ nodes, input, rank, tensors: [tensor('to3', [3], [0, 0, -1])] });
    const output = name === 'float16' ? 'h' : 'y';
    const features = featuresOf(file, { output });
    expect(features.shape).toEqual(map);
    const { data, shape } = await runOnnx(cutOnnx(file, features), images, [2, 3, 4, 4]);
    expect(shape).toEqual([2, ...map]);
    const head = buildHead(flattenedHead({ numClasses: 3, hiddenUnits: 4 }), features.shape, {
      seed: 2,
    });
    const answer = await runOnnx(
      joinOnnx(file, features, await exportOnnx(head)),
      images,
      [2, 3, 4, 4],
    );
    const expected = tf.tidy(() =>
      (head.predict(tf.tensor(data, [...shape])) as tf.Tensor).dataSync(),
    );
    expect(answer.data).toBeAllclose(expected, 1e-5);
    head.dispose();
  });

  it('runs a file whose graph within a node uses a tensor around it', async () => {
    const branch = (name: string) => [
      ...text(1, name),
      ...message(6, [
        ...message(1, node('Identity', ['kept'], `${name}/out`)),
        ...text(2, name),
        ...message(12, valueInfo(`${name}/out`, 'float32', input)),
      ]),
      ...integer(20, 5),
    ];
    const both = [...message(5, branch('then_branch')), ...message(5, branch('else_branch'))];
    const nodes = [
      ...[node('Relu', ['x'], 'kept'), node('ReduceMax', ['x'], 'max', { keepdims: 0 })],
      ...[node('Cast', ['max'], 'large', { to: 9 }), node('If', ['large'], 'h', {}, both)],
      node('Relu', ['h'], 'y'),
    ];
    const file = fileOf({ nodes, input, values: [valueInfo('h', 'float32', input)] });
    const { data } = await runOnnx(
      cutOnnx(file, featuresOf(file, { layout: 'nchw' })),
      images,
      [2, 3, 4, 4],
    );
    expect(data).toHaveLength(images.length);
  });

  it('rejects a head of another shape, a file that is no head, and an opset that changes its meaning', async () => {
    const file = fileOf(ones);
    const features = featuresOf(file, { output: 'h' });
    const join = async (shape: readonly [number, number, number], from = file) =>
      joinOnnx(from, features, await headOf(shape));
    expect(await rejection(join([4, 4, 5]))).toBe(
      "ArgumentError: head: expected an input [4, 4, 3], the features' shape, got [4, 4, 5]",
    );
    const twice = onnxFile({ ...ones, outputs: ['h', 'y'] });
    expect(messageOf(() => joinOnnx(file, features, twice))).toContain('exportOnnx wrote');
    expect(await rejection(join([4, 4, 3], fileOf({ ...ones, opset: 12 })))).toContain(
      'onnx: opset: expected 13 to 28',
    );
  });
});
