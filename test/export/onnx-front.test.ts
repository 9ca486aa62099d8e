import * as tf from '@tensorflow/tfjs';
import { buildHead, exportOnnx, pooledHead, preprocess, type Preprocessing } from 'resnet-heads';
import { PREPROCESSINGS } from '../../src/base/preprocess';
import type { PixelInput } from '../../src/export/onnx/front';
import { cutOnnx, joinOnnx } from '../../src/export/onnx/join';
import { type FeatureOptions, featuresOf } from '../../src/onnx/features';
import type { ImageInput } from '../../src/onnx/image-input';
import { readOnnx } from '../../src/onnx/read';
import { floatToHalf } from '../../src/weights/formats/to-half';
import { expectNoLeak, messageOf } from '../setup/memory';
import { runOnnx } from '../setup/onnx';
import { node, onnxFile, type Written } from '../setup/write-onnx';

const [BATCH, HEIGHT, WIDTH] = [2, 4, 5];
const PIXELS_SHAPE = [BATCH, HEIGHT, WIDTH, 3] as const;
/** Numbers from 0 to 255, which all occur. */
const pixels = Uint8Array.from({ length: BATCH * HEIGHT * WIDTH * 3 }, (_, i) => (i * 97) % 256);
const FLOAT32 = { to: 1 };

type Layout = ImageInput['layout'];
type Type = ImageInput['type'];

const shapeOf = (layout: Layout, batch: number | string = 'batch') =>
  layout === 'nhwc' ? [batch, HEIGHT, WIDTH, 3] : [batch, 3, HEIGHT, WIDTH];

/** A file whose features are its images, negated. */
const written = (layout: Layout, type: Type): Written => ({
  nodes: [node('Cast', ['x'], 'h', FLOAT32), node('Neg', ['h'], 'y')],
  ...{ input: shapeOf(layout), type },
});

const read = (file: Written, options: FeatureOptions = {}) => {
  const onnx = readOnnx(onnxFile(file));
  return { file: onnx, features: featuresOf(onnx, options) };
};

/** Images as a file's own input takes them. */
function images(mode: Preprocessing, layout: Layout, type: Type) {
  const values = tf.tidy(() => {
    const scaled = preprocess(tf.tensor4d(pixels, [...PIXELS_SHAPE]), mode);
    return Float32Array.from(
      (layout === 'nchw' ? scaled.transpose([0, 3, 1, 2]) : scaled).dataSync(),
    );
  });
  if (type === 'float16') return floatToHalf(values);
  return type === 'uint8' ? Uint8Array.from(values) : values;
}

const cases = PREPROCESSINGS.flatMap((mode) =>
  (['nhwc', 'nchw'] as const).flatMap((layout) =>
    (mode === 'none'
      ? (['float32', 'float16', 'uint8'] as const)
      : (['float32', 'float16'] as const)
    ).map((type): [Preprocessing, Layout, Type] => [mode, layout, type]),
  ),
);

describe('an ONNX file that takes pixels', () => {
  it.each(cases)('scales as %s for %s in %s, exactly as preprocess does', async (...each) => {
    const [preprocessing, layout, type] = each;
    await expectNoLeak(async () => {
      const { file, features } = read(written(layout, type));
      const expected = await runOnnx(
        cutOnnx(file, features),
        images(...each),
        shapeOf(layout, BATCH) as number[],
      );
      expect(expected.input).toBe('x');
      for (const data of [pixels, Float32Array.from(pixels)]) {
        const input = { preprocessing, type: data === pixels ? 'uint8' : 'float32' } as const;
        const bytes = cutOnnx(file, features, { pixels: input });
        const [declared, ...others] = readOnnx(bytes).inputs;
        expect(others).toEqual([]);
        expect(declared).toMatchObject({
          name: 'pixels',
          type: input.type,
          shape: ['batch', HEIGHT, WIDTH, 3],
        });
        const answer = await runOnnx(bytes, data, PIXELS_SHAPE);
        expect(answer.shape).toEqual(expected.shape);
        expect(answer.data).toEqual(expected.data);
      }
    });
  });

  const TORCH: { pixels: PixelInput } = { pixels: { preprocessing: 'torch', type: 'uint8' } };

  it.each([13, 17, 22])("runs with version %d of ONNX's operators", async (opset) => {
    const { file, features } = read({ ...written('nchw', 'float16'), opset });
    for (const preprocessing of PREPROCESSINGS) {
      const bytes = cutOnnx(file, features, { pixels: { preprocessing, type: 'uint8' } });
      expect((await runOnnx(bytes, pixels, PIXELS_SHAPE)).shape).toEqual([...PIXELS_SHAPE]);
    }
  });

  it('keeps a fixed batch, and fixes the size that the features were found for', async () => {
    const fixed = read({ ...written('nchw', 'float32'), input: shapeOf('nchw', BATCH) });
    const any = read(
      { ...written('nchw', 'float32'), input: [null, 3, 'height', 'width'] },
      { inputSize: [HEIGHT, WIDTH] },
    );
    for (const [{ file, features }, batch] of [
      [fixed, BATCH],
      [any, null],
    ] as const) {
      const bytes = cutOnnx(file, features, TORCH);
      const { inputs, outputs } = readOnnx(bytes);
      const shape = [batch, HEIGHT, WIDTH, 3];
      expect([inputs[0]?.shape, outputs[0]?.shape]).toEqual([shape, shape]);
      expect((await runOnnx(bytes, pixels, PIXELS_SHAPE)).shape).toEqual([...PIXELS_SHAPE]);
    }
  });

  it("gives new tensors other names than the file's", async () => {
    // Such names are in files that this package wrote.
    const names = ['pixels/Cast', 'pixels/Div', 'scalar/255', 'floats/3/0.485,0.456,0.406'];
    const chain = ['pixels', ...names].map((name, i, all) =>
      node('Identity', [all[i - 1] ?? 'x'], name),
    );
    const { nodes, ...rest } = written('nchw', 'float32');
    const last = [
      node('Cast', ['pixels/Div'], 'features/Transpose', FLOAT32),
      node('Neg', ['features/Transpose'], 'features'),
    ];
    const clashing = read({ ...rest, nodes: [...chain, ...last], outputs: ['features'] });
    const plain = read({ ...rest, nodes });
    const bytes = cutOnnx(clashing.file, clashing.features, TORCH);
    const answer = await runOnnx(bytes, pixels, PIXELS_SHAPE);
    expect([answer.input, answer.output]).toEqual(['pixels_1', 'head/features']);
    const { data } = await runOnnx(
      cutOnnx(plain.file, plain.features, TORCH),
      pixels,
      PIXELS_SHAPE,
    );
    expect(answer.data).toEqual(data);
  });

  it('takes another name where the own input is called pixels', async () => {
    const { file, features } = read({
      ...written('nhwc', 'float32'),
      ...{ name: 'pixels', nodes: [node('Neg', ['pixels'], 'y')] },
    });
    const bytes = cutOnnx(file, features, { pixels: { preprocessing: 'none', type: 'float32' } });
    const { input, data } = await runOnnx(bytes, Float32Array.from(pixels), PIXELS_SHAPE);
    expect(input).toBe('pixels_1');
    expect([...data]).toEqual([...pixels].map((each) => -each));
  });

  it('rounds to the uint8 that a file takes', async () => {
    const { file, features } = read(written('nhwc', 'uint8'));
    const bytes = cutOnnx(file, features, { pixels: { preprocessing: 'none', type: 'float32' } });
    const between = Float32Array.from(pixels, (each) => Math.max(0, each - 0.25));
    const { data } = await runOnnx(bytes, between, PIXELS_SHAPE);
    expect([...data]).toEqual([...pixels].map((each) => -each));
  });

  it('joins a head to the scaled pixels', async () => {
    const { file, features } = read(written('nchw', 'float32'));
    const head = buildHead(pooledHead({ numClasses: 3 }), features.shape, { seed: 1 });
    const bytes = joinOnnx(file, features, await exportOnnx(head), {
      ...TORCH,
      metadata: { a: 'b' },
    });
    expect(readOnnx(bytes).metadata.get('a')).toBe('b');
    const map = await runOnnx(cutOnnx(file, features, TORCH), pixels, PIXELS_SHAPE);
    const answer = await runOnnx(bytes, pixels, PIXELS_SHAPE);
    expect([answer.input, answer.output]).toEqual(['pixels', 'predictions']);
    const expected = tf.tidy(() =>
      (head.predict(tf.tensor(map.data, [...map.shape])) as tf.Tensor).dataSync(),
    );
    expect(answer.data).toBeAllclose(expected, 1e-5);
    head.dispose();
  });

  it("copies no node of the file's, and orders nodes", () => {
    const { file, features } = read(written('nchw', 'float32'));
    // readOnnx checks the order.
    const { nodes } = readOnnx(cutOnnx(file, features, TORCH));
    expect(nodes.map(({ op }) => op)).toEqual([
      'Cast',
      'Div',
      'Sub',
      'Div',
      'Transpose',
      'Cast',
      'Neg',
      'Transpose',
      'Identity',
    ]);
    expect(nodes[5]?.bytes).toEqual(file.nodes[0]?.bytes);
  });

  it('rejects scaled pixels for an input of uint8', () => {
    const { file, features } = read(written('nhwc', 'uint8'));
    expect(messageOf(() => cutOnnx(file, features, TORCH))).toBe(
      'ArgumentError: preprocessing: expected \'none\' for a file whose input is uint8, got "torch"',
    );
  });
});
