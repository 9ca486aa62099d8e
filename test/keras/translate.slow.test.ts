import * as tf from '@tensorflow/tfjs';
import { analyze } from '../../src/analyze/analyze';
import { translateTopology } from '../../src/keras/translate';
import { buildWithin } from '../../src/model/from-topology';
import { requireEndOf } from '../../src/train/saved/topology';
import { expectNoLeak, messageOf } from '../setup/memory';
import { modelGoldens } from '../setup/model-goldens';

type Config = Record<string, unknown>;

const FLOAT32 = { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' } };
const OPERATION = 'keras.src.ops.numpy';

const tensor = (layer: string, { call = 0, shape = [null, 8, 8, 3] as unknown[] } = {}) => ({
  class_name: '__keras_tensor__',
  config: { shape, dtype: 'float32', keras_history: [layer, call, 0] },
});

const call = (args: unknown[], kwargs: Config = {}) => ({ args, kwargs });

function layer(name: string, className: string, config: Config, ...nodes: unknown[]): Config {
  const options = { name, trainable: true, dtype: FLOAT32, ...config };
  return {
    module: 'keras.layers',
    class_name: className,
    config: options,
    name,
    inbound_nodes: nodes,
  };
}

const operation = (name: string, className: string, ...nodes: unknown[]): Config => ({
  module: OPERATION,
  class_name: className,
  config: { name },
  name,
  inbound_nodes: nodes,
});

const input = (name = 'in', shape: unknown = [null, 8, 8, 3]): Config =>
  layer(name, 'InputLayer', { batch_shape: shape });

const model = (layers: Config[], last: string, name = 'model', lastCall = 0) => ({
  module: 'keras.src.models.functional',
  class_name: 'Functional',
  config: {
    name,
    trainable: true,
    layers,
    input_layers: ['in', 0, 0],
    output_layers: [last, lastCall, 0],
  },
});

/** A model of one layer. */
const one = (className: string, config: Config = {}, kwargs: Config = {}) =>
  model([input(), layer('x', className, config, call([tensor('in')], kwargs))], 'x');

const conv = (config: Config = {}): Config => ({ filters: 2, kernel_size: [3, 3], ...config });

interface Tfjs {
  readonly config: { readonly layers: { class_name: string; name: string; config: Config }[] };
}
const layersOf = (config: unknown) =>
  (translateTopology(config, 'it').topology as unknown as Tfjs).config.layers;

describe('translateTopology', () => {
  it.each(
    modelGoldens
      .filter(({ name }) => name !== 'TinyNested')
      .map((golden) => [golden.name, golden] as const),
  )('gives %s the parameters and the shapes that Keras has', async (_, golden) => {
    const { topology } = translateTopology(golden.topology, golden.name, (__, index) => ({
      // Of a Normalization: its mean and variance.
      name: '',
      shape: [3],
      data: new Float32Array(3).fill(index),
    }));
    requireEndOf(topology, (got) => {
      throw new Error(got);
    });
    await expectNoLeak(async () => {
      const built = await buildWithin(golden.name, topology, golden.totals.params);
      const statistics = golden.layers.filter(({ type }) => type === 'Normalization');
      const moved = statistics.reduce((sum, { params }) => sum + params, 0);
      expect(built.countParams()).toBe(golden.totals.params - moved);
      const shapes = new Map(built.layers.map((each) => [each.name, each.outputShape]));
      for (const { name, outputShape } of golden.layers) {
        expect([name, shapes.get(name)]).toEqual([name, outputShape]);
      }
      // Pure arithmetic on Keras's own configuration comes to the same.
      const counted = analyze(golden.topology).totals;
      expect(analyze(built).totals.macs).toBe(counted.macs);
      built.dispose();
    });
  });

  it('keeps no model in a model, and nothing that acts in training only', () => {
    const inner = [input(), layer('conv', 'Conv2D', conv(), call([tensor('in')]))];
    const flips = {
      ...layer('flips', 'Sequential', {}, call([tensor('in')])),
      config: { name: 'flips', layers: [input('first'), layer('flip', 'RandomFlip', {})] },
    };
    const nested = {
      ...model(inner, 'conv', 'base'),
      name: 'base',
      inbound_nodes: [call([tensor('flips')], { training: false, mask: null })],
    };
    nested.config.trainable = false;
    const layers = layersOf(model([input(), flips, nested], 'base', 'model', 1));
    expect(layers.map((each) => [each.class_name, each.name])).toEqual([
      ['InputLayer', 'in'],
      ['Conv2D', 'conv'],
    ]);
    expect(layers[1]?.config).toMatchObject({ trainable: false, filters: 2 });
  });

  it('leaves out what leads to no output', () => {
    const dead = layer('dead', 'Conv2D', conv(), call([tensor('in')]));
    const used = layer('used', 'ReLU', {}, call([tensor('in')]));
    expect(layersOf(model([input(), dead, used], 'used')).map(({ name }) => name)).toEqual([
      'in',
      'used',
    ]);
  });

  it('gives an output that is the input a layer', async () => {
    const { topology } = translateTopology(one('RandomFlip'), 'it');
    const built = await tf.models.modelFromJSON({ modelTopology: topology as never });
    expect(built.outputShape).toEqual([null, 8, 8, 3]);
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', 7, /^it: expected the configuration of a Keras 3 model, got something else; /],
    ['no model', layer('x', 'Dense', {}), /^it: expected a model of layers .*, got "Dense"; /],
    ['a Lambda', one('Lambda'), /layer "x" \(Lambda\): .*, got Python code, which is never run; /],
    [
      'an unknown layer',
      one('MultiHeadAttention'),
      /\(MultiHeadAttention\): expected a layer that/,
    ],
    ['a name of Object', one('constructor'), /\(constructor\): expected a layer that/],
    ['groups', one('Conv2D', conv({ groups: 3 })), /\(Conv2D\): expected groups 1, .*, got 3; /],
    ['channels first', one('Conv2D', conv({ data_format: 'channels_first' })), /data_format/],
    ['dilation of depths', one('DepthwiseConv2D', { dilation_rate: [2, 2] }), /dilation_rate 1,/],
    ['bilinear', one('UpSampling2D', { interpolation: 'bilinear' }), /interpolation "nearest"/],
    ['an activation', one('Dense', { activation: 'squareplus' }), /activation .*"squareplus"/],
    ['alpha', one('ELU', { alpha: 2 }), /alpha 1, .*, got 2/],
    ['two options of ReLU', one('ReLU', { max_value: 6, negative_slope: 0.1 }), /one of max_value/],
    [
      'few bits',
      one('Dense', { dtype: 'int8_from_float32' }),
      /got "int8_from_float32"; .*quantized/,
    ],
    ['training in use', one('Dropout', { rate: 0.5 }, { training: true }), /got training: true;/],
    [
      'a mask',
      one('Dropout', { rate: 0.5 }, { mask: tensor('in') }),
      /without options, got mask: /,
    ],
    ['statistics not there', one('Normalization', { axis: [-1] }), /mean and the variance/],
    ['another axis', one('Normalization', { axis: [1], mean: 0, variance: 1 }), /axis -1/],
    [
      'open sizes',
      model(
        [
          input('in', [null, null, null, 3]),
          layer(
            'x',
            'Reshape',
            { target_shape: [-1, 3] },
            call([tensor('in', { shape: [null, null, null, 3] })]),
          ),
        ],
        'x',
      ),
      /known sizes/,
    ],
    [
      'a division',
      model([input(), operation('x', 'TrueDivide', call([1, tensor('in')]))], 'x'),
      /divided by numbers/,
    ],
    [
      'an unknown operation',
      model([input(), operation('x', 'Einsum', call([tensor('in')]))], 'x'),
      /\(Einsum\): expected an operation/,
    ],
    [
      'numbers of another count',
      model([input(), operation('x', 'Add', call([tensor('in'), [1, 2]]))], 'x'),
      /3 channels/,
    ],
    [
      'an infinite number',
      one('Rescaling', { scale: Infinity, offset: 0 }),
      /finite numbers, got Infinity/,
    ],
    [
      'a slice',
      model(
        [
          input(),
          operation(
            'x',
            'GetItem',
            call([
              tensor('in'),
              [{ class_name: '__ellipsis__' }, { class_name: '__slice__', config: { start: 1 } }],
            ]),
          ),
        ],
        'x',
      ),
      /index of a channel/,
    ],
    [
      'a single channel',
      model(
        [
          input(),
          operation('c', 'GetItem', call([tensor('in'), [{ class_name: '__ellipsis__' }, 1]])),
          layer('x', 'Flatten', {}, call([tensor('c')])),
        ],
        'x',
      ),
      /whole tensors, got x\[\.\.\., channel\]/,
    ],
    [
      'a single channel as output',
      model(
        [
          input(),
          operation('c', 'GetItem', call([tensor('in'), [{ class_name: '__ellipsis__' }, 1]])),
        ],
        'c',
      ),
      /whole tensors/,
    ],
    [
      'no shape',
      model([input('in', null), layer('x', 'Flatten', {}, call([tensor('in')]))], 'x'),
      /"in" to be an input with a batch_shape/,
    ],
    [
      'a negative shape',
      model([input('in', [null, -1]), layer('x', 'Flatten', {}, call([tensor('in')]))], 'x'),
      /batch_shape, got \[null, -1\]/,
    ],
    [
      'two layers with the same name',
      model([input(), input()], 'in'),
      /two layers with the same name/,
    ],
    [
      'a cycle',
      model([input(), layer('x', 'Add', {}, call([[tensor('in'), tensor('x')]]))], 'x'),
      /layer "x", which is in a cycle/,
    ],
    [
      'no such layer',
      model([input(), layer('x', 'Flatten', {}, call([tensor('y')]))], 'x'),
      /has an unknown input/,
    ],
    ['no such output', model([input()], 'y'), /output 0 of call 0 of "y"/],
    [
      'no tensor',
      model([input(), layer('x', 'Flatten', {}, call([]))], 'x'),
      /"x" to have an input/,
    ],
    [
      'nodes of Keras 2',
      model([input(), layer('x', 'Flatten', {}, [['in', 0, 0, {}]])], 'x'),
      /args and kwargs/,
    ],
    [
      'an empty Sequential',
      { class_name: 'Sequential', config: { layers: [] } },
      /an empty Sequential/,
    ],
    [
      'a Sequential without a shape',
      { class_name: 'Sequential', config: { layers: [layer('x', 'Flatten', {})] } },
      /"x_input" to be an input with a batch_shape/,
    ],
  ])('refuses %s', (_, config, message) => {
    const got = messageOf(() => translateTopology(config, 'it'));
    expect(got).toMatch(/^ArgumentError: it: /);
    expect(got.replace('ArgumentError: ', '')).toMatch(message);
    expect(got).not.toContain('\n');
  });

  it('says what, where and what to do', () => {
    expect(messageOf(() => translateTopology(one('Conv2D', conv({ groups: 3 })), 'm.keras'))).toBe(
      'ArgumentError: m.keras: layer "x" (Conv2D): expected groups 1, as TensorFlow.js supports no other, got 3; build the model without it',
    );
  });

  it('refuses objects too deep for recursion', () => {
    let deep: unknown = tensor('in');
    for (let i = 0; i < 100_000; i++) deep = [deep];
    const config = model([input(), layer('x', 'Flatten', {}, call([deep]))], 'x');
    expect(messageOf(() => translateTopology(config, 'it'))).toMatch(/nested too deeply/);
  });

  it('refuses thirty models in each other that call each other twice', () => {
    let inner = model([input(), layer('x', 'Identity', {}, call([tensor('in')]))], 'x');
    for (let i = 0; i < 30; i++) {
      const twice = {
        ...inner,
        name: 'n',
        inbound_nodes: [call([tensor('in')]), call([tensor('n')])],
      };
      twice.config.name = 'n';
      inner = model([input(), twice], 'n', 'model', 2);
    }
    expect(messageOf(() => translateTopology(inner, 'it'))).toMatch(/at most 10000 calls/);
  });

  it('refuses a layer called ten thousand times', () => {
    const calls = Array.from({ length: 10_001 }, (_, i) =>
      call([tensor(i ? 'x' : 'in', { call: Math.max(0, i - 1) })]),
    );
    const config = model([input(), layer('x', 'ReLU', {}, ...calls)], 'x');
    expect(messageOf(() => translateTopology(config, 'it'))).toMatch(/at most 10000 calls/);
  });
});
