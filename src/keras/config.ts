import { ArgumentError, show } from '../errors.js';
import { isObject, type Json } from '../json.js';

/** A tensor among the arguments of a call, given by the layer's call that produced it. */
export interface KerasTensor {
  readonly layer: string;
  readonly call: number;
  readonly output: number;
  /** With the batch, and null for unknown sizes; undefined if the configuration has no shape. */
  readonly shape: readonly unknown[] | undefined;
}

/** One call of a layer. */
export interface KerasCall {
  readonly args: readonly unknown[];
  readonly kwargs: Json;
  /** The tensors among its arguments, in order. */
  readonly tensors: readonly KerasTensor[];
}

/** A layer, an operation, or a model that is used as a layer. */
export interface KerasLayer {
  readonly name: string;
  readonly className: string;
  /** Whether it is an operation of `keras.ops`, which takes tensors and numbers and has no weights. */
  readonly isOperation: boolean;
  readonly config: Json;
  readonly trainable: boolean;
  readonly calls: readonly KerasCall[];
  readonly model?: KerasModel;
}

export interface KerasModel {
  readonly name: string;
  readonly layers: readonly KerasLayer[];
  readonly inputs: readonly KerasTensor[];
  readonly outputs: readonly KerasTensor[];
}

/** Throws an error about the configuration. */
export type Fail = (expected: string, got: string, remedy?: string) => never;

const DAMAGED = 'save the model again with Keras 3';

/** @param subject name of the file in error messages */
export const failAt =
  (subject: string): Fail =>
  (expected, got, remedy = DAMAGED) => {
    throw new ArgumentError(`${subject}: expected ${expected}, got ${got}; ${remedy}`);
  };

/** Reads `["conv", 0, 0]`: layer, call, output. */
function reference(value: unknown, shape?: unknown): KerasTensor | undefined {
  if (!Array.isArray(value)) return undefined;
  const [layer, call, output] = value as readonly unknown[];
  if (typeof layer !== 'string' || typeof call !== 'number' || typeof output !== 'number') {
    return undefined;
  }
  return { layer, call, output, shape: Array.isArray(shape) ? shape : undefined };
}

/** Reads a tensor; undefined for any other value. */
export function tensorOf(value: unknown): KerasTensor | undefined {
  if (!isObject(value) || value['class_name'] !== '__keras_tensor__') return undefined;
  const { keras_history: history, shape } = isObject(value['config']) ? value['config'] : {};
  return reference(history, shape);
}

/** Finds all tensors in a nested value, in order. */
export function tensorsIn(value: unknown): KerasTensor[] {
  const tensor = tensorOf(value);
  if (tensor !== undefined) return [tensor];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  return isObject(value) ? Object.values(value).flatMap(tensorsIn) : [];
}

/** Reads `["a", 0, 0]`, or lists and objects of such references. */
function endpoints(value: unknown): KerasTensor[] {
  const single = reference(value);
  if (single !== undefined) return [single];
  if (Array.isArray(value)) return value.flatMap(endpoints);
  return isObject(value) ? Object.values(value).flatMap(endpoints) : [];
}

function readCall(node: unknown, fail: Fail): KerasCall {
  const { args, kwargs } = isObject(node) ? node : {};
  if (!Array.isArray(args) || !isObject(kwargs)) {
    return fail('inbound_nodes with args and kwargs', show(node));
  }
  return { args, kwargs, tensors: [...tensorsIn(args), ...tensorsIn(kwargs)] };
}

/** Reads the fields that functional and sequential layers share. */
function readLayer(entry: unknown, fail: Fail): Omit<KerasLayer, 'calls'> {
  const { class_name: className, module, config, name: beside } = isObject(entry) ? entry : {};
  if (typeof className !== 'string' || !isObject(config)) {
    return fail('each layer to have a class_name and a config', show(entry));
  }
  const name = config['name'] ?? beside;
  if (typeof name !== 'string' || name === '') return fail('each layer to have a name', show(name));
  const isModel = Array.isArray(config['layers']);
  return {
    name,
    className,
    // Models saved as HDF5 don't name modules. Then a layer has a dtype, and an operation doesn't.
    isOperation:
      typeof module === 'string'
        ? module.split('.').includes('ops')
        : !isModel && config['dtype'] === undefined,
    config,
    trainable: config['trainable'] !== false,
    ...(isModel && { model: readModel(entry as Json, fail) }),
  };
}

/** Reads a Sequential. Its input is given by an InputLayer, or by the model's `build_input_shape`. */
function readSequential(name: string, config: Json, fail: Fail): KerasModel {
  const layers: KerasLayer[] = [];
  const lastOutput = (): KerasTensor | undefined => {
    const last = layers.at(-1);
    return last && { layer: last.name, call: 0, output: 0, shape: undefined };
  };
  const add = (layer: Omit<KerasLayer, 'calls'>) => {
    const previous = lastOutput();
    const calls = previous === undefined ? [] : [{ args: [], kwargs: {}, tensors: [previous] }];
    layers.push({ ...layer, calls });
  };
  for (const entry of config['layers'] as readonly unknown[]) {
    const layer = readLayer(entry, fail);
    if (layers.length === 0 && layer.className !== 'InputLayer') {
      const batchShape = config['build_input_shape'];
      const input = { name: `${layer.name}_input`, batch_shape: batchShape };
      const facts = { className: 'InputLayer', isOperation: false, trainable: true };
      add({ ...facts, name: input.name, config: input });
    }
    add(layer);
  }
  const [first] = layers;
  const output = lastOutput();
  if (first === undefined || output === undefined) return fail('layers', 'an empty Sequential');
  return {
    name,
    layers,
    inputs: [{ layer: first.name, call: 0, output: 0, shape: undefined }],
    outputs: [output],
  };
}

/** Reads a Keras 3 model's configuration, which must not be deeply nested. A Sequential becomes a graph without branches. */
export function readModel(entry: Json, fail: Fail): KerasModel {
  const { class_name: className, config } = entry;
  if (!isObject(config) || !Array.isArray(config['layers'])) {
    return fail(
      'a model of layers (functional or Sequential)',
      show(className),
      'a subclassed model has no layers to read: build the model with the functional API',
    );
  }
  const name = typeof config['name'] === 'string' ? config['name'] : 'model';
  if (config['input_layers'] === undefined) return readSequential(name, config, fail);
  const layers = config['layers'].map((each: unknown): KerasLayer => {
    const layer = readLayer(each, fail);
    const { inbound_nodes: nodes } = each as Json;
    if (!Array.isArray(nodes)) return fail('inbound_nodes with args and kwargs', show(nodes));
    return { ...layer, calls: nodes.map((node) => readCall(node, fail)) };
  });
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  if (byName.size < layers.length) fail('unique layer names', 'two layers with the same name');
  // Only in `output_layers`, Keras counts the construction of an inner functional model as its first call
  // (keras.src.models.functional, `kept_nodes`).
  const outputs = endpoints(config['output_layers']).map((tensor) => {
    const { model, className: type } = byName.get(tensor.layer) ?? {};
    return model !== undefined && type !== 'Sequential'
      ? { ...tensor, call: tensor.call - 1 }
      : tensor;
  });
  const inputs = endpoints(config['input_layers']);
  if (inputs.length === 0 || outputs.length === 0) {
    fail('a model with inputs and outputs', `${inputs.length} and ${outputs.length}`);
  }
  return { name, layers, inputs, outputs };
}
