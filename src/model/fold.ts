import * as tf from '@tensorflow/tfjs';
import { freeze } from './freeze.js';
import { inputsOf } from './graph.js';
import { replayAll } from './replay.js';
import { ancestors } from './seam.js';

type Layer = tf.layers.Layer;

/** What is folded into a layer. */
interface Intake {
  readonly norm: Layer;
  /** The layer's activation after folding. */
  readonly activation: 'linear' | 'relu';
}

/** Which layers are folded into which. */
export interface Folding {
  /** By the layer that they are folded into. */
  readonly intakes: ReadonlyMap<Layer, Intake>;
  /** The layer that a BatchNorm, or the ReLU after one, is folded into. */
  readonly into: ReadonlyMap<Layer, Layer>;
}

export const NO_FOLDING: Folding = { intakes: new Map(), into: new Map() };

/**
 * Layers that a BatchNorm can be folded into, and whether their kernel can also apply a ReLU: TensorFlow.js 4.22 runs a second
 * kernel for a depthwise layer's.
 */
const FUSES_RELU: Readonly<Record<string, boolean>> = {
  Conv2D: true,
  DepthwiseConv2D: false,
  Dense: true,
};

function isRelu(layer: Layer): boolean {
  const { activation, maxValue = null } = layer.getConfig();
  const type = layer.getClassName();
  return type === 'Activation' ? activation === 'relu' : type === 'ReLU' && maxValue === null;
}

/**
 * Decides which layers are folded into which.
 *
 * @param kept tensors that must not change, beside the model's outputs
 */
export function planFolding(
  { outputs }: tf.LayersModel,
  kept: readonly tf.SymbolicTensor[] = [],
): Folding {
  // The only reader of a tensor, by its id; undefined if there are several. A kept tensor counts as its own reader.
  const readers = new Map<number, tf.SymbolicTensor | undefined>();
  const read = ({ id }: tf.SymbolicTensor, reader: tf.SymbolicTensor) =>
    readers.set(id, readers.has(id) ? undefined : reader);
  for (const tensor of [...outputs, ...kept]) read(tensor, tensor);
  const tensors = [...ancestors(...outputs)];
  for (const tensor of tensors) {
    for (const input of inputsOf(tensor)) read(input, tensor);
  }

  const intakes = new Map<Layer, Intake>();
  const into = new Map<Layer, Layer>();
  for (const { id, sourceLayer: layer } of tensors) {
    const fusesRelu = FUSES_RELU[layer.getClassName()];
    const normed = readers.get(id);
    if (fusesRelu === undefined || normed === undefined) continue;
    const norm = normed.sourceLayer;
    const { activation, dataFormat } = layer.getConfig();
    const { axis } = norm.getConfig();
    const fits =
      norm.getClassName() === 'BatchNormalization' &&
      (axis === -1 || axis === normed.shape.length - 1) &&
      activation === 'linear' &&
      dataFormat !== 'channelsFirst';
    if (!fits) continue;
    into.set(norm, layer);
    const next = fusesRelu ? readers.get(normed.id)?.sourceLayer : undefined;
    const relu = next !== undefined && isRelu(next);
    if (relu) into.set(next, layer);
    intakes.set(layer, { norm, activation: relu ? 'relu' : 'linear' });
  }
  return { intakes, into };
}

/** Whether TensorFlow.js can recreate the layer from its class and config, as it does on loading. */
export const isRegistered = (layer: Layer): boolean =>
  tf.serialization.SerializationMap.getMap().classNameMap[layer.getClassName()]?.[0] ===
  layer.constructor;

/** A layer that can't be copied: a model, a layer that is applied twice, or one of an unregistered class. */
export function findUncopied({ outputs }: tf.LayersModel): Layer | undefined {
  const nodes = new Map<Layer, number>();
  for (const { sourceLayer: layer, nodeIndex } of ancestors(...outputs)) {
    const isTwice = nodes.get(layer) !== undefined && nodes.get(layer) !== nodeIndex;
    if (isTwice || layer instanceof tf.LayersModel || !isRegistered(layer)) return layer;
    nodes.set(layer, nodeIndex);
  }
  return undefined;
}

/** Recreates a layer, without initialisers, regularisers and constraints, which inference doesn't need. */
function remake(layer: Layer, changes: tf.serialization.ConfigDict): Layer {
  // The config of TensorFlow.js 4.22's SeparableConv2D lacks it.
  const { depthMultiplier } = layer as { readonly depthMultiplier?: number };
  const missing: tf.serialization.ConfigDict =
    depthMultiplier === undefined ? {} : { depthMultiplier };
  const config = { ...layer.getConfig(), ...missing, ...changes };
  for (const key of Object.keys(config)) {
    if (key.endsWith('Initializer')) config[key] = 'zeros';
    if (/(Regularizer|Constraint)$/.test(key)) config[key] = null;
  }
  const type = layer.constructor as tf.serialization.SerializableConstructor<Layer>;
  return type.fromConfig(type, config);
}

/** Kernel and bias that have the effect of the layer and its BatchNorm. */
export function foldedWeights(layer: tf.layers.Layer, norm: tf.layers.Layer): tf.Tensor[] {
  const [kernel, bias = 0] = layer.getWeights() as [tf.Tensor, tf.Tensor?];
  /** A BatchNorm without scale or centre lacks these weights; a neutral number replaces them. */
  const numbers = (name: string, neutral = 0): tf.Tensor | number =>
    norm.weights.find(({ originalName }) => originalName.endsWith(`/${name}`))?.read() ?? neutral;
  const { epsilon } = norm.getConfig() as { readonly epsilon: number };
  const deviation = tf.sqrt(tf.add(numbers('moving_variance'), epsilon));
  const scale = tf.div(numbers('gamma', 1), deviation);
  // A depthwise kernel ends in [channels, multiplier]; their product is the number of output channels.
  const isDepthwise = layer.getClassName() === 'DepthwiseConv2D';
  const perChannel = isDepthwise ? scale.reshape(kernel.shape.slice(-2)) : scale;
  const shift = tf.mul(tf.sub(bias, numbers('moving_mean')), scale);
  return [kernel.mul(perChannel), shift.add(numbers('beta'))];
}

/** A copy of the model, folded as planned and frozen, with weights of its own. */
export function fold(model: tf.LayersModel, { intakes, into }: Folding): tf.LayersModel {
  const built: Layer[] = [];
  const inputs = model.inputs.map(
    ({ id, shape, dtype, sourceLayer: { name } }) =>
      [id, tf.input({ batchShape: shape, dtype, name })] as const,
  );
  try {
    const outputs = replayAll(
      model.outputs,
      new Map(inputs),
      ({ name }) => {
        throw new Error(`${name} depends on no input`);
      },
      (layer, tensors, callArgs) => {
        if (into.has(layer)) return tensors;
        const intake = intakes.get(layer);
        const copy = remake(layer, intake ? { useBias: true, activation: intake.activation } : {});
        const applied = copy.apply(tensors, callArgs) as tf.SymbolicTensor | tf.SymbolicTensor[];
        built.push(copy);
        tf.tidy(() => {
          // TensorFlow.js shares the data of a weight that is set to another one until either is set again.
          copy.setWeights(intake ? foldedWeights(layer, intake.norm) : layer.getWeights());
        });
        return applied;
      },
    );
    const folded = tf.model({
      inputs: inputs.map(([, input]) => input),
      outputs,
      name: `${model.name}_folded`,
    });
    freeze(folded, () => true);
    return folded;
  } catch (error) {
    for (const layer of built) layer.dispose();
    throw error;
  }
}

/** A folded copy, or undefined if there is nothing to fold or a layer can't be copied. */
export function foldedCopy(model: tf.LayersModel): tf.LayersModel | undefined {
  if (findUncopied(model) !== undefined) return undefined;
  const folding = planFolding(model);
  return folding.intakes.size === 0 ? undefined : fold(model, folding);
}
