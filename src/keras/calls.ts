import type { Json } from '../json.js';
import type { Fail } from './config.js';

/** The output of a layer's call, in the graph that is written. */
export interface Output {
  readonly layer: string;
  readonly call: number;
  /** Keras's shape, with the batch; undefined if unknown. */
  readonly shape: readonly unknown[] | undefined;
  /** Set for a single channel of the output, which only `Stack` accepts: see channels.ts. */
  readonly channel?: number;
}

/** A layer of the graph that is written, and the inputs of each of its calls. An InputLayer has no calls. */
export interface LayerCalls {
  readonly name: string;
  readonly type: string;
  readonly config: Json;
  readonly calls: (readonly Output[])[];
}

type Layers = ReadonlyMap<string, LayerCalls>;

/** The calls of each layer, in the order in which TensorFlow.js makes them. */
export type Orders = ReadonlyMap<string, readonly number[]>;

/** Finds the calls that lead to these outputs. Others are dropped: TensorFlow.js would create weights for them that no model frees. */
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

/** Most reorderings. Two suffice for layers that are called on their own or each other's outputs. */
const MAX_TRIES = 4;

/**
 * Numbers the calls of each layer as TensorFlow.js does. It passes over the layers repeatedly and makes the calls whose inputs exist
 * (`Container.fromConfig`), so that it may make a layer's later call first. The order in which calls are listed affects this in
 * turn, so the numbering is repeated until it no longer changes.
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
    'layers whose calls TensorFlow.js makes in a predictable order',
    "shared layers that are called on each other's outputs",
    'build the model with a separate layer for each call',
  );
}

/** Simulates TensorFlow.js's order of these calls. It terminates, because each call's inputs come from calls written before it. */
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
