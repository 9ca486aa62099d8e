import { ArgumentError, show } from '../../errors.js';
import type { Factors } from '../../layers/factory.js';
import type { GraphNode } from '../graph.js';
import { activate, clipped } from './activations.js';
import { FLOATS, type GraphWriter } from './graph-writer.js';
import {
  type AnyShape,
  BATCH_AND_MAP,
  fail,
  knownSizes,
  type LayerWriter,
  onMap,
  paddingOf,
  requireChannelsLast,
} from './layer.js';
import { attribute } from './messages.js';
import {
  batchNormalization,
  conv2d,
  dense,
  depthwiseConv2d,
  separableConv2d,
} from './weighted-layers.js';

/** Axes in a batch of maps. */
const HEIGHT_AND_WIDTH = Int32Array.of(1, 2);

const zeroPadding2d: LayerWriter = (graph, layer, [x]) => {
  requireChannelsLast(layer);
  const [vertical = [], horizontal = []] = layer.config['padding'] as readonly number[][];
  const each = Int32Array.from([0, 0, ...vertical, ...horizontal, 0, 0]);
  const paddings = graph.constant(`${layer.name}/paddings`, each, [BATCH_AND_MAP, 2]);
  return graph.op('Pad', `${layer.name}/Pad`, [x, paddings]);
};

const pooling2d =
  (op: 'AvgPool' | 'MaxPool'): LayerWriter =>
  (graph, layer, [x]) => {
    requireChannelsLast(layer);
    return graph.op(op, `${layer.name}/${op}`, [x], {
      ...FLOATS,
      ksize: onMap(layer, 'poolSize'),
      strides: onMap(layer, 'strides'),
      padding: paddingOf(layer),
    });
  };

const globalPooling2d =
  (op: 'Max' | 'Mean'): LayerWriter =>
  (graph, layer, [x]) => {
    requireChannelsLast(layer);
    const axes = graph.constant(`${layer.name}/axes`, HEIGHT_AND_WIDTH);
    return graph.op(op, `${layer.name}/${op}`, [x, axes]);
  };

/** TensorFlow and TensorFlow.js have the same row-major layout, with channels last. */
const reshape: LayerWriter = (graph, layer, [x]) => {
  const shape = graph.constant(`${layer.name}/shape`, Int32Array.of(-1, ...knownSizes(layer)));
  return graph.op('Reshape', `${layer.name}/Reshape`, [x, shape]);
};

/** Merges two at a time, from the left. */
const merge =
  (op: 'AddV2' | 'Mul'): LayerWriter =>
  (graph, layer, [first, ...others]) =>
    others.reduce((merged, other) => graph.op(op, `${layer.name}/${op}`, [merged, other]), first);

/**
 * Adds inputs of the same shape by AddN: TensorFlow fuses it, with bias and activation, into the convolution before it, but doesn't
 * fuse AddV2 (seen with 2.21, where the 16 sums and ReLUs of a ResNet-50 are fused).
 */
const add: LayerWriter = (graph, layer, inputs, shapes) => {
  const [, ...sizes] = layer.outputShape;
  const alike = shapes.every((shape) => shape.join() === layer.outputShape.join());
  if (!alike || sizes.includes(null)) return merge('AddV2')(graph, layer, inputs, shapes);
  const N = attribute.int(inputs.length);
  return graph.op('AddN', `${layer.name}/AddN`, inputs, { ...FLOATS, N });
};

const scalar = (graph: GraphWriter, name: string, value: number): string =>
  graph.constant(name, Float32Array.of(value), []);

const average: LayerWriter = (graph, layer, inputs, shapes) => {
  const sum = add(graph, layer, inputs, shapes);
  const share = scalar(graph, `${layer.name}/share`, 1 / inputs.length);
  return graph.op('Mul', `${layer.name}/Mul`, [sum, share]);
};

const concatenate: LayerWriter = (graph, layer, inputs) => {
  const { axis } = layer.config as { readonly axis: number };
  const along = graph.constant(`${layer.name}/axis`, Int32Array.of(axis), []);
  const N = attribute.int(inputs.length);
  return graph.op('ConcatV2', `${layer.name}/ConcatV2`, [...inputs, along], { ...FLOATS, N });
};

/** Scale and offset are numbers, or lists with one number per channel. */
const rescaling: LayerWriter = (graph, { name, config }, [x]) => {
  const { scale, offset } = config as unknown as Readonly<Record<'scale' | 'offset', Factors>>;
  const factors = (role: string, values: Factors): string =>
    typeof values === 'number'
      ? scalar(graph, `${name}/${role}`, values)
      : graph.constant(`${name}/${role}`, Float32Array.from(values));
  const y = graph.op('Mul', `${name}/Mul`, [x, factors('scale', scale)]);
  return graph.op('AddV2', `${name}/AddV2`, [y, factors('offset', offset)]);
};

/** Writers by TensorFlow.js's class names, which are Keras's. */
const WRITERS: Readonly<Record<string, LayerWriter>> = {
  Activation: (graph, layer, [x]) => activate(graph, layer, x),
  Add: add,
  Average: average,
  AveragePooling2D: pooling2d('AvgPool'),
  BatchNormalization: batchNormalization,
  Concatenate: concatenate,
  Conv2D: conv2d,
  Dense: dense,
  DepthwiseConv2D: depthwiseConv2d,
  // Acts in training only.
  Dropout: (_graph, _layer, [x]) => x,
  Flatten: reshape,
  GlobalAveragePooling2D: globalPooling2d('Mean'),
  GlobalMaxPooling2D: globalPooling2d('Max'),
  MaxPooling2D: pooling2d('MaxPool'),
  Multiply: merge('Mul'),
  ReLU: clipped,
  Rescaling: rescaling,
  Reshape: reshape,
  SeparableConv2D: separableConv2d,
  ZeroPadding2D: zeroPadding2d,
};

/** A layer's input: the node that gives it, and its shape. */
export interface LayerInput {
  readonly node: string;
  readonly shape: AnyShape;
}

/**
 * Writes a layer other than the input layer.
 *
 * @returns the node that gives its output
 * @throws ArgumentError if the layer can't be exported
 */
export function writeLayer(
  graph: GraphWriter,
  layer: GraphNode,
  inputs: readonly LayerInput[],
): string {
  const write = WRITERS[layer.type];
  const [first, ...others] = inputs;
  if (write === undefined || first === undefined) {
    throw new ArgumentError(
      `model: layer "${layer.name}": expected a class that can be exported, got ${show(layer.type)}; ` +
        `supported classes: ${Object.keys(WRITERS).join(', ')}`,
    );
  }
  const shapes = inputs.map(({ shape }) => shape);
  // To broadcast lower ranks, TensorFlow.js inserts axes after the batch, TensorFlow before it.
  if (shapes.some(({ length }) => length !== first.shape.length)) {
    fail(layer, 'inputs with the same number of axes', shapes);
  }
  return write(graph, layer, [first.node, ...others.map(({ node }) => node)], shapes);
}
