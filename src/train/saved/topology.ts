import { isObject, type Json } from '../../json.js';

/** NASNetLarge, the largest of Keras Applications, has 1,041 layer calls. */
const MAX_CALLS = 10_000;

/** Throws an error that says what is wrong with a topology. */
type Fail = (got: string) => never;

/** Converts keys to camel case, as TensorFlow.js does when it reads a topology. If two become the same, the later one counts. */
function withOptionNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withOptionNames);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key.length > 1
        ? key.replaceAll(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase())
        : key,
      withOptionNames(each),
    ]),
  );
}

const BAD_NODES = 'inbound_nodes other than lists of [layer, call, output]';

/** A call of a layer, with the number of inputs that it waits for. */
interface Call {
  readonly layer: string;
  missing: number;
}

const keyOf = (layer: string, call: number): string => `${layer}#${call}`;

/** The layers of a model; undefined if it isn't one. In the oldest Sequentials, `config` is the list of layers. */
function layersOf({ config }: Json): readonly unknown[] | undefined {
  const layers: unknown = isObject(config) ? config['layers'] : config;
  return Array.isArray(layers) ? layers : undefined;
}

/**
 * Checks that TensorFlow.js can finish building a graph: it makes the calls whose inputs are there, again and again, until none
 * is left, and never notices that it makes no progress. An input is there once its layer has been called that often, in whatever
 * order.
 */
function requireEnd(layers: readonly Json[], fail: Fail): void {
  /** How often each layer has been called. */
  const called = new Map<string, number>();
  /** The calls that wait for a call of a layer. */
  const waiting = new Map<string, Call[]>();
  const ready: string[] = [];
  let left = 0;
  for (const layer of layers) {
    const { name, config, className } = layer;
    const own = isObject(config) ? config['name'] : undefined;
    if (typeof name !== 'string' || called.has(name))
      fail(`${JSON.stringify(name)} as the name of a further layer`);
    if (own !== undefined && own !== name) fail(`two names for layer ${JSON.stringify(name)}`);
    // Creating these already calls them once.
    if (className === 'InputLayer' || layersOf(layer) !== undefined) ready.push(name);
    called.set(name, 0);
  }
  for (const { name, inboundNodes } of layers) {
    if (!Array.isArray(inboundNodes)) fail(BAD_NODES);
    for (const node of inboundNodes as unknown[]) {
      if (!Array.isArray(node)) fail(BAD_NODES);
      const call: Call = { layer: name as string, missing: 0 };
      for (const input of node as unknown[]) {
        const [source, index] = Array.isArray(input) ? (input as unknown[]) : [];
        if (typeof source !== 'string' || !Number.isSafeInteger(index) || Number(index) < 0) {
          fail(BAD_NODES);
        }
        const key = keyOf(source, Number(index));
        const waiters = waiting.get(key);
        if (waiters === undefined) waiting.set(key, [call]);
        else waiters.push(call);
        call.missing += 1;
      }
      if (call.missing > 0) left += 1;
    }
  }
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    const index = called.get(name) ?? 0;
    called.set(name, index + 1);
    for (const call of waiting.get(keyOf(name, index)) ?? []) {
      call.missing -= 1;
      if (call.missing > 0) continue;
      left -= 1;
      ready.push(call.layer);
    }
  }
  if (left > 0) fail('layers in a cycle, or a layer whose input no other layer computes');
}

/**
 * Counts the layer calls of a model, including those of nested models; each call of a model calls all of its layers. Models are
 * found anywhere, also in the options of a wrapper such as TimeDistributed.
 */
function countCalls(value: unknown, fail: Fail): number {
  const sum = (all: readonly unknown[], count: (each: unknown) => number): number =>
    all.reduce<number>((total, each) => total + count(each), 0);
  if (Array.isArray(value)) return sum(value, (each) => countCalls(each, fail));
  if (!isObject(value)) return 0;
  const layers = layersOf(value);
  if (layers === undefined) return sum(Object.values(value), (each) => countCalls(each, fail));
  if (value['className'] !== 'Sequential') requireEnd(layers.filter(isObject), fail);
  return sum(layers, (layer) => {
    const nodes: unknown = isObject(layer) ? layer['inboundNodes'] : undefined;
    const calls = Array.isArray(nodes) ? Math.max(1, nodes.length) : 1;
    return calls * (1 + countCalls(layer, fail));
  });
}

/**
 * Checks that building this topology ends, which TensorFlow.js doesn't: a cycle or a missing input keeps it busy for ever, and
 * thirty nested models that call each other twice for years.
 *
 * @param fail throws an error that says what is wrong with the topology
 */
export function requireEndOf(topology: object, fail: Fail): void {
  const renamed = withOptionNames(topology);
  if (!isObject(renamed) || layersOf(renamed) === undefined) fail('no list of layers');
  const calls = countCalls(renamed, fail);
  if (calls > MAX_CALLS) fail(`${calls} calls of layers, more than ${MAX_CALLS}`);
}
