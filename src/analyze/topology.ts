import { ArgumentError, reject } from '../errors.js';
import { isObject, type Json } from '../json.js';
import type { CounterConfig } from '../layers/cost/counters.js';
import type { Shape } from '../layers/factory.js';

/** An output of one call of a layer. */
export interface Reference {
  readonly layer: string;
  readonly call: number;
  readonly output: number;
}

export interface GraphLayer {
  readonly name: string;
  readonly type: string;
  readonly config: CounterConfig;
  readonly trainable: boolean;
  /** The graph of a nested model. */
  readonly graph?: Graph;
  /** The inputs of each call. */
  readonly calls: readonly (readonly Reference[])[];
}

/** A model's layers and their connections, independent of the file's format. */
export interface Graph {
  readonly name: string;
  readonly layers: ReadonlyMap<string, GraphLayer>;
  readonly inputs: readonly Reference[];
  readonly outputs: readonly Reference[];
}

function fail(what: string): never {
  throw new ArgumentError(
    `topology: ${what}; pass a TensorFlow.js model.json of format layers-model, or the config.json of a .keras archive`,
  );
}

function list(value: unknown, what: string): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : fail(`expected ${what} as a list`);
}

const camelCase = (key: string): string =>
  key.replaceAll(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());

/** Renames options: `kernel_size` → `kernelSize`, as in `tf.layers` and our counters. */
const toOptions = (config: Json, name: string): CounterConfig => ({
  ...Object.fromEntries(Object.entries(config).map(([key, value]) => [camelCase(key), value])),
  name,
});

/** Reads `["conv", 0, 0]`. */
function reference(value: unknown): Reference | undefined {
  if (!Array.isArray(value)) return undefined;
  const [layer, call, output] = value as readonly unknown[];
  if (typeof layer !== 'string' || typeof call !== 'number' || typeof output !== 'number') {
    return undefined;
  }
  return { layer, call, output };
}

/** The tensors among a call's arguments at any depth, in order; Keras 3 marks them by class. */
function kerasTensors(value: unknown): Reference[] {
  if (Array.isArray(value)) return value.flatMap(kerasTensors);
  if (!isObject(value)) return [];
  if (value['class_name'] !== '__keras_tensor__') return Object.values(value).flatMap(kerasTensors);
  const config = isObject(value['config']) ? value['config'] : {};
  const found = reference(config['keras_history']);
  return found === undefined ? fail('expected a keras_history [layer, call, output]') : [found];
}

/** The inputs of one call: in Keras 3 its arguments, in Keras 2 a list of references. */
function callInputs(node: unknown): Reference[] {
  if (isObject(node)) return [...kerasTensors(node['args']), ...kerasTensors(node['kwargs'])];
  const single = reference(node);
  if (single !== undefined) return [single];
  return list(node, 'inbound_nodes').map(
    (each) => reference(each) ?? fail('expected [layer, call, output] in inbound_nodes'),
  );
}

/** Reads `[["a", 0, 0], …]`; Keras 3 writes a single reference without the outer list. */
function endpoints(value: unknown, what: string): Reference[] {
  const single = reference(value);
  if (single !== undefined) return [single];
  return list(value, what).map(
    (each) => reference(each) ?? fail(`expected [layer, call, output] in ${what}`),
  );
}

interface Serialised {
  readonly type: string;
  readonly config: Json;
}

function serialised(value: unknown, what: string): Serialised {
  if (!isObject(value)) return fail(`expected ${what} as an object`);
  const { class_name: type, config } = value;
  if (typeof type !== 'string') return fail(`expected ${what} with a class_name`);
  // In the oldest Sequentials, the config is the list of layers.
  if (Array.isArray(config)) return { type, config: { layers: config } };
  return { type, config: isObject(config) ? config : {} };
}

const isModel = ({ config }: Serialised): boolean => Array.isArray(config['layers']);

const nameOf = (config: Json, fallback: string): string =>
  typeof config['name'] === 'string' ? config['name'] : fallback;

function toLayer(entry: Serialised, name: string, calls: GraphLayer['calls']): GraphLayer {
  const { type, config } = entry;
  const trainable = config['trainable'] !== false;
  const layer = { name, type, config: toOptions(config, name), trainable, calls };
  return isModel(entry) ? { ...layer, graph: toGraph(entry) } : layer;
}

/** Reads a Sequential. */
function sequence({ config }: Serialised, name: string): Graph {
  const layers = new Map<string, GraphLayer>();
  let last: Reference | undefined;
  const add = (layer: GraphLayer) => {
    if (layers.has(layer.name)) fail(`expected a name for each layer, got "${layer.name}" twice`);
    layers.set(layer.name, layer);
    last = { layer: layer.name, call: 0, output: 0 };
  };
  for (const [index, value] of list(config['layers'], 'layers').entries()) {
    const entry = serialised(value, 'each layer');
    const layerName = nameOf(entry.config, `layer_${index}`);
    if (last === undefined && entry.type !== 'InputLayer') {
      // Without an InputLayer, the first layer has the input's shape.
      const shape = batchShape(entry.config) ?? batchShape(config);
      add({
        name: `${layerName}_input`,
        type: 'InputLayer',
        config: { name: `${layerName}_input`, batchShape: shape },
        trainable: true,
        calls: [[]],
      });
    }
    add(toLayer(entry, layerName, [last === undefined ? [] : [last]]));
  }
  const [first] = layers.keys();
  if (first === undefined || last === undefined) fail('expected layers, got an empty Sequential');
  return { name, layers, inputs: [{ layer: first, call: 0, output: 0 }], outputs: [last] };
}

/**
 * Index of the first call of a nested model: Keras 2 counts the model's creation as call 0. Keras 3 does so for functional
 * models, and only where it lists a model's inputs and outputs.
 */
const MODEL_CALLS_FROM = 1;

function network({ config }: Serialised, name: string): Graph {
  const raw = list(config['layers'], 'layers').map((value) => {
    const entry = serialised(value, 'each layer');
    const named = isObject(value) && typeof value['name'] === 'string' ? value['name'] : '';
    const nodes = isObject(value) ? list(value['inbound_nodes'] ?? [], 'inbound_nodes') : [];
    const [node] = nodes;
    // The index of a GetItem is an argument of its call, not in its config.
    const args = isObject(node) ? { args: node['args'] } : {};
    const own =
      entry.type === 'GetItem' ? { ...entry, config: { ...entry.config, ...args } } : entry;
    return { entry: own, name: nameOf(entry.config, named), nodes };
  });
  const isOfKeras3 = raw.some(({ nodes }) => nodes.some(isObject));
  const isCounted = ({ entry }: (typeof raw)[number]) =>
    isModel(entry) && !(isOfKeras3 && entry.type === 'Sequential');
  const models = new Set(raw.filter(isCounted).map((each) => each.name));
  const shift = (found: Reference, by: number): Reference =>
    models.has(found.layer) ? { ...found, call: found.call - by } : found;

  const layers = new Map<string, GraphLayer>();
  for (const { entry, name: layerName, nodes } of raw) {
    if (layers.has(layerName)) fail(`expected a name for each layer, got "${layerName}" twice`);
    const calls = nodes.map((node) => {
      const by = isObject(node) ? 0 : MODEL_CALLS_FROM;
      return callInputs(node).map((found) => shift(found, by));
    });
    layers.set(layerName, toLayer(entry, layerName, calls.length === 0 ? [[]] : calls));
  }
  const ends = (key: string) =>
    endpoints(config[key], key).map((found) => shift(found, MODEL_CALLS_FROM));
  return { name, layers, inputs: ends('input_layers'), outputs: ends('output_layers') };
}

function toGraph(entry: Serialised): Graph {
  const name = nameOf(entry.config, entry.type);
  return entry.config['input_layers'] === undefined ? sequence(entry, name) : network(entry, name);
}

/** The input shape in a layer's options, with null for unknown sizes; undefined if there is none. */
export function batchShape(config: Json): readonly (number | null)[] | undefined {
  for (const key of ['batchShape', 'batchInputShape', 'batch_shape', 'batch_input_shape']) {
    const shape = config[key];
    if (Array.isArray(shape)) return shape as readonly (number | null)[];
  }
  const built = config['build_input_shape'];
  return Array.isArray(built) ? (built as readonly (number | null)[]) : undefined;
}

/** A shape without its batch; undefined if a size is unknown. */
export function knownShape(shape: readonly (number | null)[] | undefined): Shape | undefined {
  const sizes = shape?.slice(1);
  return sizes?.every((size) => typeof size === 'number') ? sizes : undefined;
}

/**
 * Reads a model's topology from a TensorFlow.js `model.json`, or a Keras 2 or Keras 3 config. Shapes and weights are not read.
 *
 * @throws ArgumentError if it is none of these
 */
export function readTopology(topology: unknown): Graph {
  let value: unknown = topology;
  for (const key of ['modelTopology', 'model_config']) {
    if (isObject(value) && key in value) value = value[key];
    if (typeof value === 'string') value = JSON.parse(value);
  }
  if (!isObject(value)) {
    reject('topology', 'a model.json, or the config.json of a .keras archive', topology);
  }
  if (value['node'] !== undefined || (isObject(topology) && topology['format'] === 'graph-model')) {
    fail('expected layers, got a graph-model, which only has nodes');
  }
  const entry = serialised(value, 'a model');
  if (!isModel(entry)) fail(`expected a model with layers, got a ${entry.type}`);
  return toGraph(entry);
}
