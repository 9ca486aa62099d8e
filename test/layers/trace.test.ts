import * as tf from '@tensorflow/tfjs';
import type { LayerFactory } from 'resnet-heads';
import { buildLayers } from '../../src/layers/tensorflow';
import { createTracer } from '../../src/layers/trace';
import { expectNoLeak, messageOf } from '../setup/memory';

type Graph = <T>(layers: LayerFactory<T>, x: T) => T;

function trace(shape: readonly number[], graph: Graph) {
  const tracer = createTracer();
  const output = graph(tracer.layers, tracer.input({ name: 'x', shape }));
  return { output, traced: tracer.traced };
}

/** Every operation of the factory at least once, with each of its options away from its default. */
const GRAPHS: Readonly<Record<string, Graph>> = {
  'conv2d valid': (l, x) => l.conv2d({ name: 'a', filters: 5, kernelSize: 3, strides: 2 })(x),
  'conv2d same': (l, x) =>
    l.conv2d({
      name: 'a',
      filters: 5,
      kernelSize: 4,
      strides: 3,
      padding: 'same',
      activation: 'relu',
    })(x),
  'conv2d without bias': (l, x) =>
    l.conv2d({ name: 'a', filters: 2, kernelSize: 1, useBias: false })(x),
  batchNormalization: (l, x) =>
    l.batchNormalization({ name: 'a', epsilon: 1e-5, momentum: 0.9 })(x),
  'activation and add': (l, x) =>
    l.add({ name: 'b' })([x, l.activation({ name: 'a', activation: 'relu' })(x)]),
  average: (l, x) =>
    l.average({ name: 'b' })([x, l.activation({ name: 'a', activation: 'sigmoid' })(x)]),
  concatenate: (l, x) =>
    l.concatenate({ name: 'b' })([x, l.conv2d({ name: 'a', filters: 3, kernelSize: 1 })(x)]),
  'dense on a map': (l, x) => l.dense({ name: 'a', units: 6, activation: 'softmax' })(x),
  'dropout and flatten': (l, x) => l.flatten({ name: 'b' })(l.dropout({ name: 'a', rate: 0.3 })(x)),
  globalAveragePooling2d: (l, x) => l.globalAveragePooling2d({ name: 'a' })(x),
  globalMaxPooling2d: (l, x) => l.globalMaxPooling2d({ name: 'a' })(x),
  maxPooling2d: (l, x) => l.maxPooling2d({ name: 'a', poolSize: 3, strides: 2 })(x),
  zeroPadding2d: (l, x) => l.zeroPadding2d({ name: 'a', padding: 2 })(x),
};

describe('the two readings of an architecture', () => {
  it.each(Object.keys(GRAPHS))('agree on %s', async (name) => {
    const graph = GRAPHS[name]!;
    for (const shape of [
      [8, 8, 4],
      [7, 11, 2],
      [5, 6, 1],
    ]) {
      const { output, traced } = trace(shape, graph);
      await expectNoLeak(() => {
        const x = tf.input({ shape, name: 'x' });
        const model = tf.model({ inputs: x, outputs: graph(buildLayers().layers, x) });
        expect([null, ...output.shape]).toEqual(model.outputShape);
        for (const layer of traced) {
          const real = model.getLayer(layer.name);
          expect({
            type: real.getClassName(),
            shape: real.outputShape,
            params: real.countParams(),
          }).toEqual({
            type: layer.type,
            shape: [null, ...layer.outputShape],
            params: layer.params,
          });
          expect(layer.trainableParams).toBe(
            real.trainableWeights.reduce(
              (sum, weight) => sum + tf.util.sizeFromShape(weight.shape as number[]),
              0,
            ),
          );
        }
        model.dispose();
      });
    }
  });
});

describe('a tracer', () => {
  it.each<[string, Graph, string]>([
    [
      'a name twice',
      (l, x) => l.dense({ name: 'x', units: 1 })(x),
      'layer "x": expected a unique name, got one that is already used',
    ],
    [
      'pooling of a vector',
      (l, x) => l.globalAveragePooling2d({ name: 'p' })(l.flatten({ name: 'f' })(x)),
      'layer "p" (GlobalAveragePooling2D): expected an input [height, width, channels], got [12]',
    ],
    [
      'a kernel larger than its input',
      (l, x) => l.conv2d({ name: 'c', filters: 1, kernelSize: 3 })(x),
      'layer "c" (Conv2D): expected an input of at least 3 pixels a side, got [2, 2, 3]',
    ],
    [
      'a pool larger than its input',
      (l, x) => l.maxPooling2d({ name: 'p', poolSize: 3, strides: 1 })(x),
      'layer "p" (MaxPooling2D): expected an input of at least 3 pixels a side, got [2, 2, 3]',
    ],
    [
      'a sum of unlike shapes',
      (l, x) => l.add({ name: 'a' })([x, l.flatten({ name: 'f' })(x)]),
      'layer "a" (Add): expected inputs of the same shape, got [2, 2, 3] and [12]',
    ],
    [
      'a join of unlike shapes',
      (l, x) => l.concatenate({ name: 'j' })([x, l.zeroPadding2d({ name: 'z', padding: 1 })(x)]),
      'layer "j" (Concatenate): expected inputs that differ only in their last axis, got [2, 2, 3] and [4, 4, 3]',
    ],
  ])('rejects %s', (_, graph, message) => {
    expect(messageOf(() => trace([2, 2, 3], graph))).toBe(`ArgumentError: ${message}`);
  });
});
