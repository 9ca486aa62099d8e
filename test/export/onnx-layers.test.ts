import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { exportOnnx } from '../../src/convert/onnx';
import { drawWeights } from '../setup/draw';
import { expectSameAnswers } from '../setup/onnx';
import { readOnnx } from '../setup/read-protobuf';

type Step = (x: tf.SymbolicTensor) => tf.SymbolicTensor;

const { layers } = tf;
/** A layer of its own each time, as one goes with the model that it is in. */
const step =
  (make: () => tf.layers.Layer): Step =>
  (x) =>
    make().apply(x) as tf.SymbolicTensor;

function chain(shape: readonly number[], steps: readonly Step[]): tf.LayersModel {
  const input = tf.input({ shape: [...shape], name: 'input' });
  const outputs = steps.reduce((x, each) => each(x), input);
  const model = tf.model({ inputs: input, outputs });
  drawWeights(model);
  return model;
}

/** The operators of a model that answers as it did in TensorFlow.js. */
async function operators(shape: readonly number[], ...steps: Step[]): Promise<string[]> {
  const model = chain(shape, steps);
  const { nodes } = readOnnx(await expectSameAnswers(model));
  model.dispose();
  return nodes.map(({ op }) => op);
}

const refusal = async (shape: readonly number[], ...steps: Step[]): Promise<string> => {
  const model = chain(shape, steps);
  const message = await exportOnnx(model).then(
    () => 'nothing was thrown',
    (error: unknown) => (error as Error).message,
  );
  model.dispose();
  return message;
};

const relu = () => step(() => layers.reLU());
const conv = (config: object = {}) =>
  step(() => layers.conv2d({ filters: 3, kernelSize: 3, ...config }));
const pad = (top: number, bottom: number, left: number, right: number) =>
  step(() =>
    layers.zeroPadding2d({
      padding: [
        [top, bottom],
        [left, right],
      ] as never,
    }),
  );

describe('layers in ONNX', () => {
  it.each([
    'elu',
    'hardSigmoid',
    'linear',
    'relu',
    'relu6',
    'selu',
    'sigmoid',
    'softmax',
    'softplus',
    'softsign',
    'swish',
    'tanh',
  ] as const)('%s, on a map, on a flattened one, on a vector', async (activation) => {
    const make = () => step(() => layers.activation({ activation }));
    // Values on both sides of 6, where relu6 ends.
    const wide = step(() => layers.rescaling({ scale: 9, offset: 0.5 }));
    await operators([3, 4, 2], wide, make());
    await operators(
      [3, 4, 2],
      conv(),
      make(),
      step(() => layers.flatten()),
      make(),
    );
    await operators(
      [6],
      step(() => layers.dense({ units: 4, activation })),
    );
    await operators([3, 4, 2], conv({ activation }));
  });

  it('ReLU with a limit, leaky ReLU, ELU, softmax', async () => {
    expect(
      await operators(
        [4, 4, 2],
        step(() => layers.reLU({ maxValue: 0.5 })),
      ),
    ).toEqual(['Clip']);
    await operators(
      [4, 4, 2],
      conv(),
      step(() => layers.leakyReLU({ alpha: 0.2 })),
    );
    await operators(
      [4, 4, 2],
      conv(),
      step(() => layers.elu()),
    );
    await operators(
      [4, 4, 2],
      conv(),
      step(() => layers.softmax({ axis: -1 })),
    );
    await operators(
      [5],
      step(() => layers.softmax({ axis: 1 })),
    );
  });

  it('what only training does is left out', async () => {
    const steps = [
      step(() => layers.dropout({ rate: 0.5 })),
      step(() => layers.gaussianNoise({ stddev: 1 })),
      step(() => layers.gaussianDropout({ rate: 0.5 })),
      step(() => layers.alphaDropout({ rate: 0.5 })),
    ];
    expect(await operators([3], relu(), ...steps)).toEqual(['Relu']);
    expect(await operators([3], ...steps)).toEqual(['Identity']);
  });

  it('zeros around a map become part of the convolution that follows', async () => {
    const norm = step(() => layers.batchNormalization({ scale: false, center: false }));
    for (const padding of ['same', 'valid']) {
      const config = { padding, strides: 2 };
      expect(await operators([8, 9, 2], pad(0, 1, 2, 3), conv(config), norm)).not.toContain('Pad');
    }
    const depthwise = step(() => layers.depthwiseConv2d({ kernelSize: 3, strides: [2, 2] }));
    expect(await operators([8, 9, 2], pad(0, 1, 0, 1), depthwise)).not.toContain('Pad');
  });

  it('zeros before a maximum are left out where they are the least, and every window has more', async () => {
    const pool = (size: number) => step(() => layers.maxPooling2d({ poolSize: size, strides: 2 }));
    const zeros = () => pad(1, 1, 1, 1);
    expect(await operators([7, 8, 2], relu(), zeros(), pool(3))).not.toContain('Pad');
    expect(await operators([7, 8, 2], zeros(), pool(3))).toContain('Pad');
    expect(await operators([7, 8, 2], relu(), pad(3, 0, 0, 0), pool(3))).toContain('Pad');
    const same = () => layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' });
    expect(await operators([7, 8, 2], relu(), zeros(), step(same))).not.toContain('Pad');
    // Below zero: the zeros are the greatest.
    const below = step(() => layers.rescaling({ scale: 0.1, offset: -1 }));
    expect(await operators([7, 8, 2], relu(), below, zeros(), pool(3))).toContain('Pad');
    await operators([7, 8, 2], below, pad(4, 0, 0, 5), pool(3));
  });

  it('numbers for each channel, on a map in either order, on a flattened one, on a vector', async () => {
    const byChannel = (...values: number[]) =>
      step(() => layers.rescaling({ scale: values, offset: values } as never));
    const moved = step(() => layers.rescaling({ scale: 1, offset: [1, 2, 3] } as never));
    const flatten = step(() => layers.flatten());
    const many = byChannel(...Array.from({ length: 36 }, (_, i) => i / 9));
    await operators([5, 6, 3], byChannel(2, 3, -1), conv(), byChannel(1, -2, 4), flatten, many);
    await operators([4], byChannel(2, 3, -1, 0.5));
    expect(await operators([5, 6, 3], moved)).toEqual(['Add']);
  });

  it('zeros count in an average, padding of its own does not', async () => {
    const pool = (padding: 'same' | 'valid') =>
      step(() => layers.averagePooling2d({ poolSize: 3, strides: 2, padding }));
    expect(await operators([6, 9, 2], relu(), pad(1, 1, 1, 1), pool('valid'))).toContain('Pad');
    await operators([6, 9, 2], relu(), pad(4, 0, 0, 1), pool('same'));
    await operators([6, 9, 2], relu(), pool('same'));
  });

  it('zeros that something else takes are there', async () => {
    const zeros = () => pad(1, 2, 0, 1);
    expect(await operators([3, 4, 2], zeros())).toContain('Pad');
    expect(await operators([3, 4, 2], zeros(), zeros(), conv())).toContain('Pad');
    await operators(
      [3, 4, 2],
      conv(),
      zeros(),
      step(() => layers.flatten()),
    );
    await operators(
      [3, 4, 2],
      zeros(),
      step(() => layers.flatten()),
      step(() => layers.dense({ units: 2 })),
    );
    await operators(
      [3, 4, 2],
      zeros(),
      step(() => layers.globalMaxPooling2d({})),
    );
  });

  it('a flattened map keeps the order of ONNX up to a dense layer, and nowhere else', async () => {
    const flat = () => step(() => layers.flatten());
    const dense = () => step(() => layers.dense({ units: 3 }));
    const through = [relu(), step(() => layers.dropout({ rate: 0.1 }))];
    expect(await operators([4, 5, 2], conv(), flat(), ...through, dense())).not.toContain(
      'Reshape',
    );
    await operators([4, 5, 2], conv(), flat());
    await operators(
      [4, 5, 2],
      conv(),
      flat(),
      step(() => layers.batchNormalization()),
      dense(),
    );
    await operators(
      [4, 5, 2],
      conv(),
      flat(),
      step(() => layers.reshape({ targetShape: [9, 2] })),
    );
    const twice: Step = (x) => layers.concatenate().apply([x, x]) as tf.SymbolicTensor;
    await operators([4, 5, 2], conv(), flat(), twice, dense());
    expect(await operators([3, 3, 2], conv(), flat())).not.toContain('Reshape');
  });

  it('reshapes vectors to maps of one pixel and others, and maps to either', async () => {
    const to = (...targetShape: number[]) => step(() => layers.reshape({ targetShape }));
    expect(await operators([6], to(1, 1, 6), conv({ kernelSize: 1 }))).toEqual(
      ['Reshape', 'Conv'].concat('Transpose'),
    );
    await operators([24], to(2, 3, 4), conv({ kernelSize: 2 }), to(6));
    await operators(
      [4, 5, 2],
      conv(),
      to(3, 6),
      step(() => layers.dense({ units: 2 })),
    );
    await operators(
      [3, 3, 2],
      conv(),
      to(3),
      step(() => layers.softmax({ axis: -1 })),
    );
  });

  it('merges, of maps in either order and of one pixel', async () => {
    const makers = [layers.add, layers.multiply, layers.average, layers.maximum, layers.minimum];
    for (const make of makers) {
      const three: Step = (x) =>
        make().apply([x, conv({ padding: 'same', filters: 2 })(x), relu()(x)]) as tf.SymbolicTensor;
      await operators([4, 5, 2], three);
      await operators([4, 5, 2], conv({ filters: 2 }), three);
      const vectors: Step = (x) => make().apply([x, relu()(x)]) as tf.SymbolicTensor;
      await operators(
        [4, 5, 2],
        conv(),
        step(() => layers.flatten()),
        vectors,
      );
    }
    // Squeeze and excite, as MobileNet v3 and EfficientNet have it.
    const excite: Step = (x) => {
      const squeezed = step(() => layers.globalAveragePooling2d({}))(x);
      const pixel = step(() => layers.reshape({ targetShape: [1, 1, 3] }))(squeezed);
      const gate = conv({ kernelSize: 1, activation: 'hardSigmoid' })(pixel);
      return layers.multiply().apply([x, gate]) as tf.SymbolicTensor;
    };
    await operators([6, 5, 2], conv(), excite);
  });

  it('dense on a sequence and on a map of either order', async () => {
    const dense = (useBias: boolean) => step(() => layers.dense({ units: 3, useBias }));
    for (const useBias of [true, false]) {
      await operators([4], dense(useBias));
      await operators([5, 4], dense(useBias));
      expect(await operators([3, 5, 4], dense(useBias))).toContain('MatMul');
      expect(await operators([3, 5, 4], conv(), dense(useBias))).not.toContain('MatMul');
    }
  });

  it('refuses what it cannot write, and says which layer', async () => {
    expect(
      await refusal(
        [4, 4, 2],
        step(() => layers.upSampling2d({ size: [2, 2], name: 'up' })),
      ),
    ).toMatch(
      /^layer "up": expected one of Activation, Add, .*, ZeroPadding2D for export to ONNX, got "UpSampling2D"$/,
    );
    const first = { dataFormat: 'channelsFirst', name: 'conv' } as const;
    expect(await refusal([2, 4, 4], conv(first))).toBe(
      'layer "conv" (Conv2D): expected dataFormat "channelsLast", got "channelsFirst"',
    );
    const dilated = { kernelSize: 2, dilationRate: 2, name: 'dw' };
    expect(
      await refusal(
        [4, 4, 2],
        step(() => layers.depthwiseConv2d(dilated)),
      ),
    ).toBe(
      'layer "dw" (DepthwiseConv2D): expected dilationRate [1, 1], as TensorFlow.js ignores any other, got [2, 2]',
    );
    expect(
      await refusal(
        [4],
        step(() => layers.activation({ activation: 'mish', name: 'm' })),
      ),
    ).toMatch(
      /^layer "m" \(Activation\): expected an activation that is one of elu, .*, tanh, got "mish"$/,
    );
    const to = step(() => layers.reshape({ targetShape: [4, -1], name: 'to' }));
    expect(await refusal([4, 2], to)).toBe(
      'layer "to" (Reshape): expected an output of known size, except for the batch, got [null, 4, null]; ' +
        'build the model for a fixed input size, and reshape to sizes without -1',
    );
    const along: Step = (x) =>
      layers.concatenate({ axis: 1, name: 'cat' }).apply([x, x]) as tf.SymbolicTensor;
    expect(await refusal([4, 4, 2], along)).toBe(
      'layer "cat" (Concatenate): expected axis -1, the last, got 1',
    );
    expect(
      await refusal(
        [4, 2],
        step(() => layers.batchNormalization({ name: 'bn' })),
      ),
    ).toBe('layer "bn" (BatchNormalization): expected a vector or a map, got [4, 2]');
  });
});

const small = fc.integer({ min: 1, max: 3 });
const sizes = fc.tuple(small, small);
const padding = fc.constantFrom('same' as const, 'valid' as const);
const sweep = { strides: sizes, padding, useBias: fc.boolean() };

/** Layers of a map, with every option that decides what is computed drawn. */
const onMap: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({ filters: small, kernelSize: sizes, ...sweep })
    .map((config) => step(() => layers.conv2d(config))),
  fc
    .record({ filters: small, kernelSize: sizes, dilationRate: sizes, padding })
    .map((config) => step(() => layers.conv2d(config))),
  fc
    .record({ kernelSize: sizes, depthMultiplier: small, ...sweep, strides: small })
    .map((config) => step(() => layers.depthwiseConv2d(config))),
  fc
    .record({ filters: small, kernelSize: sizes, depthMultiplier: small, ...sweep, strides: small })
    .map((config) => step(() => layers.separableConv2d(config))),
  fc
    .record({ poolSize: sizes, strides: sizes, padding, max: fc.boolean() })
    .map(({ max, ...config }) =>
      step(() => (max ? layers.maxPooling2d(config) : layers.averagePooling2d(config))),
    ),
  fc
    .record({ center: fc.boolean(), scale: fc.boolean() })
    .map((config) => step(() => layers.batchNormalization(config))),
  fc.tuple(small, small, small, small).map((sides) => pad(...sides)),
  fc
    .record({ units: small, useBias: fc.boolean() })
    .map((config) => step(() => layers.dense(config))),
  fc
    .constantFrom('relu', 'tanh')
    .map((activation) => step(() => layers.activation({ activation }))),
  fc.constant<Step>((x) => layers.add().apply([x, relu()(x)]) as tf.SymbolicTensor),
  fc.constant<Step>((x) => layers.concatenate().apply([x, x]) as tf.SymbolicTensor),
);

const ending: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>((x) => step(() => layers.globalAveragePooling2d({}))(x)),
  fc.constant<Step>((x) => step(() => layers.dense({ units: 2 }))(step(() => layers.flatten())(x))),
  fc.constant<Step>((x) => x),
);

/** As many of the steps as the shrinking map bears. */
const whileLarge =
  (each: Step): Step =>
  (x) =>
    x.shape[1]! < 7 || x.shape[2]! < 7 || x.shape[1]! * x.shape[2]! > 1000 ? x : each(x);

describe('random models in ONNX', () => {
  it('answer as they do in TensorFlow.js', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(onMap, { minLength: 1, maxLength: 6 }),
        ending,
        async (steps, end) => {
          const model = chain([13, 11, 2], [...steps.map(whileLarge), end]);
          await expectSameAnswers(model);
          model.dispose();
        },
      ),
      { numRuns: 100 },
    );
  });
});
