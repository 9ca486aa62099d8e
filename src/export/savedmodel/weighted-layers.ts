import type { NamedArray } from '../../weights/formats/named-array.js';
import type { GraphNode } from '../graph.js';
import { activate } from './activations.js';
import { FLOATS, type GraphWriter } from './graph-writer.js';
import {
  BATCH_AND_MAP,
  BATCH_AND_VECTOR,
  constant,
  fail,
  type LayerWriter,
  onMap,
  paddingOf,
  requireChannelsLast,
  weight,
} from './layer.js';
import { attribute, DataType } from './messages.js';

/** Adds the bias and the activation of a layer with a kernel. */
function biasAndActivation(graph: GraphWriter, layer: GraphNode, x: string): string {
  const bias = layer.weights.get('bias');
  if (bias === undefined) return activate(graph, layer, x);
  const inputs = [x, constant(graph, layer, bias)];
  return activate(graph, layer, graph.op('BiasAdd', `${layer.name}/BiasAdd`, inputs));
}

export const conv2d: LayerWriter = (graph, layer, [x]) => {
  requireChannelsLast(layer);
  const kernel = constant(graph, layer, weight(layer, 'kernel'));
  const y = graph.op('Conv2D', `${layer.name}/Conv2D`, [x, kernel], {
    ...FLOATS,
    strides: onMap(layer, 'strides'),
    padding: paddingOf(layer),
    dilations: onMap(layer, 'dilationRate'),
  });
  return biasAndActivation(graph, layer, y);
};

function depthwise(graph: GraphWriter, layer: GraphNode, x: string): string {
  requireChannelsLast(layer);
  const dilation = layer.config['dilationRate'] as readonly number[];
  // TensorFlow.js ignores dilation in DepthwiseConv2D, but not in SeparableConv2D. TensorFlow's kernel doesn't support it.
  if (dilation.some((rate) => rate !== 1)) fail(layer, 'no dilation', dilation);
  const strides = layer.config['strides'] as readonly number[];
  // TensorFlow's kernel supports only equal strides.
  if (strides[0] !== strides[1]) fail(layer, 'equal vertical and horizontal strides', strides);
  const kernel = constant(graph, layer, weight(layer, 'depthwise_kernel'));
  return graph.op('DepthwiseConv2dNative', `${layer.name}/depthwise`, [x, kernel], {
    ...FLOATS,
    strides: onMap(layer, 'strides'),
    padding: paddingOf(layer),
  });
}

export const depthwiseConv2d: LayerWriter = (graph, layer, [x]) =>
  biasAndActivation(graph, layer, depthwise(graph, layer, x));

/** A 1×1 convolution: a matrix applied at each position. */
function pointwise(graph: GraphWriter, layer: GraphNode, x: string, kernel: NamedArray): string {
  const y = graph.op('Conv2D', `${layer.name}/Conv2D`, [x, constant(graph, layer, kernel)], {
    ...FLOATS,
    strides: attribute.ints([1, 1, 1, 1]),
    padding: attribute.text('VALID'),
  });
  return biasAndActivation(graph, layer, y);
}

export const separableConv2d: LayerWriter = (graph, layer, [x]) =>
  pointwise(graph, layer, depthwise(graph, layer, x), weight(layer, 'pointwise_kernel'));

export const dense: LayerWriter = (graph, layer, [x]) => {
  const kernel = weight(layer, 'kernel');
  switch (layer.outputShape.length) {
    case BATCH_AND_VECTOR: {
      const inputs = [x, constant(graph, layer, kernel)];
      return biasAndActivation(graph, layer, graph.op('MatMul', `${layer.name}/MatMul`, inputs));
    }
    case BATCH_AND_MAP:
      return pointwise(graph, layer, x, { ...kernel, shape: [1, 1, ...kernel.shape] });
    default:
      return fail(layer, 'vectors or maps, of 2 or 4 axes', layer.outputShape);
  }
};

export const batchNormalization: LayerWriter = (graph, layer, [x]) => {
  const { name, config, outputShape } = layer;
  const { axis, epsilon } = config as { readonly axis: number; readonly epsilon: number };
  const rank = outputShape.length;
  if (axis !== -1 && axis !== rank - 1) fail(layer, 'the last axis', axis);
  const mean = weight(layer, 'moving_mean');
  const variance = weight(layer, 'moving_variance');
  // With `scale: false` there is no gamma, with `center: false` no beta.
  const filled = (own: string, value: number): NamedArray =>
    layer.weights.get(own) ?? { ...mean, name: own, data: mean.data.map(() => value) };
  const [gamma, beta] = [filled('gamma', 1), filled('beta', 0)];
  if (rank === BATCH_AND_MAP) {
    const inputs = [gamma, beta, mean, variance].map((each) => constant(graph, layer, each));
    return graph.op('FusedBatchNormV3', `${name}/FusedBatchNormV3`, [x, ...inputs], {
      ...FLOATS,
      U: attribute.type(DataType.float),
      epsilon: attribute.float(epsilon),
      is_training: attribute.bool(false),
    });
  }
  // FusedBatchNormV3 supports only maps.
  const scale = gamma.data.map((g, i) => g / Math.sqrt((variance.data[i] ?? 0) + epsilon));
  const shift = beta.data.map((b, i) => b - (mean.data[i] ?? 0) * (scale[i] ?? 0));
  const y = graph.op('Mul', `${name}/Mul`, [x, graph.constant(`${name}/scale`, scale)]);
  return graph.op('AddV2', `${name}/AddV2`, [y, graph.constant(`${name}/shift`, shift)]);
};
