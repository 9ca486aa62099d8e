import type { Json } from '../json.js';
import type { Fail } from './config.js';

/** What a call of a layer gives, in the graph that is written. */
export interface Output {
  readonly layer: string;
  readonly call: number;
  /** As Keras has it, with the batch; nothing where it isn't known. */
  readonly shape: readonly unknown[] | undefined;
  /** One channel of it, which only `Stack` takes: see channels.ts. */
  readonly channel?: number;
}

/** A layer of the graph that is written, and what each of its calls takes. An input has none. */
export interface LayerCalls {
  readonly name: string;
  readonly type: string;
  readonly config: Json;
  readonly calls: (readonly Output[])[];
}

type Layers = ReadonlyMap<string, LayerCalls>;

/** Calls of each layer, in the order in which TensorFlow.js makes them. */
export type Orders = ReadonlyMap<string, readonly number[]>;

/** The calls that lead to these outputs. Of other layers TensorFlow.js would make weights that no model frees. */
export function callsBehind(layers: Layers, outputs: readonly Output[]): Orders {
  const needed = new Map<string, Set<number>>();
  const left = [...outputs];
  for (let output = left.pop(); output !== undefined; output = left.pop()) {
    const { layer, call } = output;
    const known = needed.get(layer) ?? new Set();
    if (known.has(call)) continue;
    needed.set(layer, known.add(call));
    left.push(...(layers.get(layer)?.calls[call] ?? []));
  }
  return new Map(
    [...layers.values()].flatMap(({ name, calls }) => {
      const own = needed.get(name);
      return own === undefined ? [] : [[name, [...calls.keys()].filter((call) => own.has(call))]];
    }),
  );
}

/** How often calls are put into another order. Two suffice where layers take their own results or each other's. */
const MAX_TRIES = 4;

/**
 * Numbers the calls of each layer as TensorFlow.js does. It goes through the layers again and again and makes the calls whose
 * inputs are there (`Container.fromConfig`), so that it may come to a layer's later call first; and how calls are listed
 * decides in turn which it comes to.
 */
export function settleOrders(layers: Layers, wanted: Orders, fail: Fail): Orders {
  let orders = wanted;
  for (let i = 0; i < MAX_TRIES; i++) {
    const made = makeCalls(layers, orders);
    const isSettled = [...orders].every(([name, calls]) => {
      const order = made.get(name);
      return calls.every((call, at) => order?.[at] === call);
    });
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
function makeCalls(layers: Layers, orders: Orders): Orders {
  const made = new Map<string, number[]>();
  const done = new Set<string>();
  let waiting: { readonly name: string; readonly left: readonly number[] }[] = [];
  for (const [name, left] of orders) {
    made.set(name, []);
    if (layers.get(name)?.type === 'InputLayer') done.add(keyOf(name, 0));
    else waiting.push({ name, left });
  }
  while (waiting.length > 0) {
    waiting = waiting.flatMap(({ name, left }) => {
      const calls = layers.get(name)?.calls;
      const later = left.filter((call) => {
        if (calls?.[call]?.every((input) => done.has(keyOf(input.layer, input.call))) !== true) {
          return true;
        }
        done.add(keyOf(name, call));
        made.get(name)?.push(call);
        return false;
      });
      return later.length > 0 ? [{ name, left: later }] : [];
    });
  }
  return made;
}

const keyOf = (layer: string, call: number): string => `${call}#${layer}`;
