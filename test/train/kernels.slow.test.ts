import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import fc from 'fast-check';
import { supplyKernels } from '../../src/train/kernels';
import { messageOf } from '../setup/memory';

type Padding = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;

interface Convolution {
  readonly x: [number, number, number, number];
  readonly filter: [number, number, number, number];
  readonly strides: [number, number];
  readonly pad: Padding;
}

const around = (rows: [number, number], columns: [number, number]) =>
  [[0, 0], rows, columns, [0, 0]] satisfies Padding;

const drawn = <R extends tf.Rank>(shape: tf.ShapeMap[R], seed: number) =>
  tf.randomUniform<R>(shape, -1, 1, 'float32', seed);

/** By x and by the filter, of a sum in which each number of the output has a weight of its own. */
const gradients = (kind: 'conv2d' | 'depthwiseConv2d', { x, filter, strides, pad }: Convolution) =>
  tf.tidy(() =>
    tf
      .grads((image: tf.Tensor, weights: tf.Tensor) => {
        const y = tf[kind](image as tf.Tensor4D, weights as tf.Tensor4D, strides, pad);
        return y.mul(drawn(y.shape, 3));
      })([drawn(x, 1), drawn(filter, 2)])
      .map((gradient) => ({ shape: gradient.shape, values: gradient.dataSync() })),
  );

/** What wasm holds: handles, the engine's buffers, and the backend's own. */
const held = () => {
  const { numTensors, numDataBuffers } = tf.memory();
  return [numTensors, numDataBuffers, tf.backend().numDataIds()];
};

interface Numbers {
  readonly shape: number[];
  readonly values: ArrayLike<number>;
}

/** Holds what `compute` gives on wasm to what it gives on cpu, and counts what it leaves behind. */
async function expectAsOnCpu(compute: () => Numbers[] | Promise<Numbers[]>): Promise<void> {
  await tf.setBackend('cpu');
  const expected = await compute();
  await tf.setBackend('wasm');
  const before = held();
  const got = await compute();
  expect(held()).toEqual(before);
  expect(got.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  // Together: one of a single number may be a sum that nearly cancels, whose rounding is of the size of its terms.
  const all = (parts: readonly Numbers[]) => parts.flatMap(({ values }) => Array.from(values));
  expect(all(got)).toBeAllclose(all(expected), 1e-5);
}

const GRADIENTS = [
  'Conv2DBackpropFilter',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
];

describe('supplyKernels', () => {
  beforeAll(async () => {
    expect(await tf.setBackend('wasm')).toBe(true);
    expect(await supplyKernels()).toEqual(['BatchMatMul', ...GRADIENTS]);
  });
  afterAll(async () => {
    await tf.setBackend('cpu');
  });

  const kernels: [number, number][] = [
    [1, 1],
    [3, 3],
    [7, 7],
  ];
  const strides: [number, number][] = [
    [1, 1],
    [2, 2],
    [2, 1],
  ];
  const pads: Padding[] = ['same', 'valid', 2, around([0, 1], [3, 2])];
  const convolutions = kernels.flatMap((kernel) =>
    strides.flatMap((stride) =>
      pads
        // By a number, TensorFlow.js 4.22 measures the width by the stride of the height, and wasm writes past it.
        .filter((pad) => typeof pad !== 'number' || stride[0] === stride[1])
        .flatMap((pad) => [1, 3].map((batch) => [kernel, stride, pad, batch] as const)),
    ),
  );

  it.each(convolutions)(
    'gives the gradients of a convolution: kernel %j, strides %j, pad %j, batch %i',
    async (kernel, strides, pad, batch) => {
      await expectAsOnCpu(() =>
        gradients('conv2d', { x: [batch, 9, 8, 5], filter: [...kernel, 5, 6], strides, pad }),
      );
    },
  );

  it.each(convolutions.flatMap((row) => [1, 2].map((multiplier) => [...row, multiplier] as const)))(
    'gives those of a depthwise one: kernel %j, strides %j, pad %j, batch %i, multiplier %i',
    async (kernel, strides, pad, batch, multiplier) => {
      const filter: Convolution['filter'] = [...kernel, 5, multiplier];
      await expectAsOnCpu(() =>
        gradients('depthwiseConv2d', { x: [batch, 9, 8, 5], filter, strides, pad }),
      );
    },
  );

  it('gives them for shapes that nobody thought of', async () => {
    const size = (max: number) => fc.integer({ min: 1, max });
    const zeros = fc.integer({ min: 0, max: 4 });
    const sides = fc.tuple(zeros, zeros);
    const pad = fc.oneof(
      fc.constantFrom<Padding>('same', 'valid'),
      fc.tuple(sides, sides).map(([rows, columns]) => around(rows, columns)),
    );
    const shapes = fc.record({
      kind: fc.constantFrom('conv2d' as const, 'depthwiseConv2d' as const),
      x: fc.tuple(size(3), size(10), size(10), size(4)),
      kernel: fc.tuple(size(4), size(4)),
      out: size(3),
      strides: fc.tuple(size(4), size(4)),
      pad,
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ kind, x, kernel, out, strides, pad }) => {
        const filter: Convolution['filter'] = [...kernel, x[3], out];
        const { outHeight, outWidth } = tf.backend_util.computeConv2DInfo(
          ...([x, filter, strides, 1, pad, undefined, kind === 'depthwiseConv2d'] as const),
        );
        fc.pre(outHeight > 0 && outWidth > 0);
        await expectAsOnCpu(() => gradients(kind, { x, filter, strides, pad }));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['matrices', [4, 3], [3, 5]],
    ['batches', [2, 4, 3], [2, 3, 5]],
    ['batches of batches', [2, 3, 4, 3], [2, 3, 3, 5]],
    ['one and many', [1, 4, 3], [6, 3, 5]],
    ['many and one', [6, 4, 3], [1, 3, 5]],
    ['a column and a row', [7, 1], [1, 7]],
    ['a row and a matrix', [1, 3], [3, 5]],
    ['a row and batches', [1, 1, 3], [2, 3, 5]],
    ['rows and a matrix', [2, 1, 3], [1, 3, 5]],
  ])('multiplies as cpu does, for each way to transpose: %s', async (_, shapeA, shapeB) => {
    const turned = (shape: number[]) => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
    await expectAsOnCpu(() =>
      [false, true].flatMap((transposeA) =>
        [false, true].map((transposeB) => {
          const a = drawn(transposeA ? turned(shapeA) : shapeA, 1);
          const b = drawn(transposeB ? turned(shapeB) : shapeB, 2);
          const how = { transposeA, transposeB };
          // Not by tf.matMul, which would tidy up behind the kernel.
          const product = tf.engine().runKernel<tf.Tensor>('BatchMatMul', { a, b }, how);
          const numbers = { shape: product.shape, values: product.dataSync() };
          tf.dispose([a, b, product]);
          return numbers;
        }),
      ),
    );
  });

  it('lets model.fit train convolutions, with the losses that cpu gives', async () => {
    const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
    const depthwiseInitializer = kernelInitializer;
    await expectAsOnCpu(async () => {
      const model = tf.sequential({
        layers: [
          tf.layers.conv2d({
            ...{ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, strides: 2, kernelInitializer },
          }),
          tf.layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', depthwiseInitializer }),
          tf.layers.flatten(),
          tf.layers.dense({ units: 1, kernelInitializer }),
        ],
      });
      const optimizer = tf.train.sgd(0.05);
      model.compile({ optimizer, loss: 'meanSquaredError' });
      const [x, y] = [drawn([8, 8, 8, 3], 1), drawn([8, 1], 2)];
      const { history } = await model.fit(x, y, { epochs: 8, shuffle: false });
      tf.dispose([x, y]);
      model.dispose();
      optimizer.dispose();
      const losses = history['loss'] as number[];
      expect(losses.at(-1)).toBeLessThan(losses[0]!);
      return [{ shape: [8], values: losses }];
    });
  });

  it('takes sizes rounded up, and leaves nothing but its result outside of a tidy', async () => {
    const [inputShape, filterShape]: [Convolution['x'], Convolution['filter']] = [
      [2, 9, 9, 3],
      [3, 3, 3, 2],
    ];
    const sizes = { inputShape, filterShape };
    const attrs = { ...sizes, strides: 3, dilations: 1, pad: 1, dimRoundingMode: 'ceil' };
    await expectAsOnCpu(() => {
      const [x, filter] = [drawn(inputShape, 1), drawn(filterShape, 2)];
      const dy = drawn([2, 4, 4, 6], 3);
      const before = held();
      const found = [
        tf.engine().runKernel<tf.Tensor>(GRADIENTS[1]!, { x, dy }, attrs),
        tf.engine().runKernel<tf.Tensor>(GRADIENTS[2]!, { dy, filter }, attrs),
      ];
      expect(held()).toEqual(before.map((count) => count + found.length));
      const numbers = found.map((y) => ({ shape: y.shape, values: y.dataSync() }));
      tf.dispose([x, filter, dy, found]);
      return numbers;
    });
  });

  it('registers what a backend lacks, and once only', async () => {
    tf.copyRegisteredKernels('cpu', 'lacking');
    for (const name of GRADIENTS) tf.unregisterKernel(name, 'lacking');
    tf.registerBackend('lacking', () => tf.findBackend('cpu'));
    await tf.setBackend('lacking');
    const atOnce = await Promise.all([supplyKernels(), supplyKernels()]);
    expect(atOnce.flat()).toEqual(GRADIENTS);
    expect(await supplyKernels()).toEqual([]);
    await tf.setBackend('wasm');
    expect(await supplyKernels()).toEqual([]);
    await tf.setBackend('cpu');
    expect(await supplyKernels()).toEqual([]);
    const own = tf.getKernel('BatchMatMul', 'cpu').kernelFunc;
    expect(tf.getKernel('BatchMatMul', 'lacking').kernelFunc).toBe(own);
  });

  it('registers nothing that it could not run', async () => {
    tf.copyRegisteredKernels('cpu', 'bare');
    for (const name of [...GRADIENTS, 'Reverse']) tf.unregisterKernel(name, 'bare');
    tf.registerBackend('bare', () => tf.findBackend('cpu'));
    await tf.setBackend('bare');
    expect(await supplyKernels()).toEqual([]);
  });

  it('leaves dilated convolutions refused, as TensorFlow.js does on every backend', async () => {
    await tf.setBackend('wasm');
    const convolve = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same', 'NHWC', 2);
    const derive = () => tf.grads(convolve)([drawn([1, 4, 4, 1], 1), drawn([2, 2, 1, 1], 2)]);
    expect(messageOf(() => tf.tidy(derive))).toContain('dilation rates greater than 1 are not yet');
  });

  it('refuses channels first, which wasm has no convolution of either', async () => {
    await tf.setBackend('wasm');
    const [x, dy] = [tf.zeros([1, 3, 4, 4]), tf.zeros([1, 2, 4, 4])];
    const attrs = { strides: 1, pad: 'same', dataFormat: 'NCHW', filterShape: [1, 1, 3, 2] };
    const before = held();
    expect(messageOf(() => tf.engine().runKernel(GRADIENTS[0]!, { x, dy }, attrs))).toBe(
      'ArgumentError: dataFormat: expected "NHWC", got "NCHW"',
    );
    expect(held()).toEqual(before);
    tf.dispose([x, dy]);
  });
});
