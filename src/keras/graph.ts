import type { Fail } from './config.js';
import type { Json } from '../json.js';
import { callsBehind, type LayerCalls, type Output, settleOrders } from './calls.js';

type Reference = readonly [layer: string, call: number, output: number, options: Json];

/** A TensorFlow.js topology, to which layers are added in the order in which they are computed. */
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

  /** Adds a call of a layer. The first call adds the layer. */
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

  /** Returns the functional model from inputs to outputs, in TensorFlow.js's format. */
  topology(name: string, inputs: readonly Output[], outputs: readonly Output[], fail: Fail): Json {
    const orders = settleOrders(
      this.#layers,
      callsBehind(this.#layers, [...inputs, ...outputs]),
      fail,
    );
    const numbers = new Map(
      [...orders].map(([layer, calls]) => [layer, new Map(calls.map((call, at) => [call, at]))]),
    );
    const numbered = ({ layer, call }: Output): Reference => [
      layer,
      numbers.get(layer)?.get(call) ?? 0,
      0,
      {},
    ];
    const layers = [...this.#layers.values()]
      .filter((layer) => orders.has(layer.name))
      .map(({ type, name: own, config, calls }) => ({
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
