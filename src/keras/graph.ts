import type { Fail } from './config.js';
import type { Json } from '../json.js';

/** What a call of a layer gives, in the graph that is written. */
export interface Output {
  readonly layer: string;
  readonly call: number;
  /** As Keras has it, with the batch; nothing where it isn't known. */
  readonly shape: readonly unknown[] | undefined;
  /** One channel of it, which only `Stack` takes: see channels.ts. */
  readonly channel?: number;
}

type Reference = readonly [layer: string, call: number, output: number, options: Json];

/** A layer, and what each of its calls takes. */
interface LayerCalls {
  readonly name: string;
  readonly type: string;
  readonly config: Json;
  readonly calls: (readonly Output[])[];
}

/** A TensorFlow.js topology while layers are written into it, in the order in which they are computed. */
export class TfjsGraph {
  readonly #layers = new Map<string, LayerCalls>();

  input(name: string, batchShape: readonly unknown[]): Output {
    const config = {
      name,
      batch_input_shape: batchShape,
      dtype: 'float32',
      sparse: false,
    };
    this.#layers.set(name, { name, type: 'InputLayer', config, calls: [] });
    return { layer: name, call: 0, shape: batchShape };
  }

  /** Calls a layer, which the first call makes. */
  call(
    name: string,
    type: string,
    config: Json,
    inputs: readonly Output[],
    shape?: readonly unknown[],
  ): Output {
    const layer = this.#layers.get(name) ?? { name, type, config: { ...config, name }, calls: [] };
    this.#layers.set(name, layer);
    layer.calls.push(inputs);
    return { layer: name, call: layer.calls.length - 1, shape };
  }

  /** The whole graph, as TensorFlow.js saves a functional model. */
  topology(name: string, inputs: readonly Output[], outputs: readonly Output[], fail: Fail): Json {
    const orders = settleOrders([...this.#layers.values()], fail);
    const numbers = new Map(
      [...orders].map(([layer, calls]) => [layer, new Map(calls.map((call, at) => [call, at]))]),
    );
    const numbered = ({ layer, call }: Output): Reference => [
      layer,
      numbers.get(layer)?.get(call) ?? 0,
      0,
      {},
    ];
    const layers = [...this.#layers.values()].map(({ type, name: own, config, calls }) => ({
      class_name: type,
      name: own,
      config,
      inbound_nodes: (orders.get(own) ?? []).map((call) => calls[call]?.map(numbered) ?? []),
    }));
    const endpoints = (ends: readonly Output[]) => ends.map((end) => numbered(end).slice(0, 3));
    return {
      class_name: 'Model',
      config: {
        name,
        layers,
        input_layers: endpoints(inputs),
        output_layers: endpoints(outputs),
      },
    };
  }
}

/** The calls of each layer, in the order in which TensorFlow.js makes them. */
type Orders = ReadonlyMap<string, readonly number[]>;

/** How often calls are put into another order. Two suffice where layers take their own results or each other's. */
const MAX_TRIES = 4;

/**
 * Numbers the calls of each layer as TensorFlow.js does. It goes through the layers again and again and makes the calls whose
 * inputs are there (`Container.fromConfig`), so that it may come to a layer's later call first; and how calls are listed
 * decides in turn which it comes to.
 */
function settleOrders(layers: readonly LayerCalls[], fail: Fail): Orders {
  let orders: Orders = new Map(layers.map(({ name, calls }) => [name, [...calls.keys()]]));
  for (let i = 0; i < MAX_TRIES; i++) {
    const made = makeCalls(layers, orders);
    const isSettled = layers.every(({ name }) =>
      made.get(name)?.every((call, at) => orders.get(name)?.[at] === call),
    );
    if (isSettled) return orders;
    orders = made;
  }
  return fail(
    'layers whose calls TensorFlow.js makes in an order that can be told',
    'layers that are called on each other',
    'build the model with a layer of its own for each call',
  );
}

/** What TensorFlow.js makes of these calls. There is an end: each takes what calls that were written before it give. */
function makeCalls(layers: readonly LayerCalls[], orders: Orders): Orders {
  const made = new Map<string, number[]>(layers.map(({ name }) => [name, []]));
  const done = new Set(
    layers.flatMap(({ name, type }) => (type === 'InputLayer' ? [`0#${name}`] : [])),
  );
  let waiting = layers.map(({ name, calls }) => ({ name, calls, left: orders.get(name) ?? [] }));
  while (waiting.length > 0) {
    waiting = waiting.flatMap(({ name, calls, left }) => {
      const later = left.filter((call) => {
        const isReady = calls[call]?.every((input) => done.has(`${input.call}#${input.layer}`));
        if (isReady !== true) return true;
        done.add(`${call}#${name}`);
        made.get(name)?.push(call);
        return false;
      });
      return later.length > 0 ? [{ name, calls, left: later }] : [];
    });
  }
  return made;
}
