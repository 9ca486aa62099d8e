import { ArgumentError } from '../errors.js';
import type { CounterConfig, LayerCounter } from '../layers/cost/counters.js';
import { cost, type LayerCost, requireCounts } from '../layers/cost/layer-cost.js';
import type { Shape } from '../layers/factory.js';
import type { LiveLayer, LiveLayers } from './live.js';
import type { Row } from './stats.js';
import { batchShape, type Graph, type GraphLayer, knownShape, type Reference } from './topology.js';

/** Stands for a tensor: its shape, and the row that computes it. */
export interface Value {
  readonly shape: Shape;
  readonly row: string;
}

const keyOf = (layer: string, call: number): string => `${layer}#${call}`;

/** Counts a graph, call by call. */
export class Walk {
  readonly rows: Row[] = [];

  constructor(private readonly counters: ReadonlyMap<string, LayerCounter>) {}

  /**
   * Counts a graph's calls in the order in which TensorFlow.js computes them: depth first, from the outputs back.
   *
   * @param inputs one value for each input of the graph
   * @param path names of the models around it, each followed by `/`
   * @param counted whether the weights were counted in an earlier call
   */
  run(
    graph: Graph,
    live: LiveLayers | undefined,
    inputs: readonly Value[],
    { path = '', frozen = false, counted = false } = {},
  ): Value[] {
    const values = new Map<string, readonly Value[]>();
    graph.inputs.forEach(({ layer, call }, i) => {
      const input = inputs[i];
      if (input !== undefined) values.set(keyOf(layer, call), [input]);
    });
    const stack = [...graph.outputs].reverse();
    const open = new Set<string>();
    // Calls can be reached in any order: the weights are counted in the first.
    const called = new Set<string>();
    for (let next = stack.at(-1); next !== undefined; next = stack.at(-1)) {
      const { layer: name, call } = next;
      const key = keyOf(name, call);
      const layer = graph.layers.get(name);
      const sources = layer?.calls[call];
      if (values.has(key)) {
        stack.pop();
        continue;
      }
      if (layer === undefined || sources === undefined) {
        throw new ArgumentError(
          `topology: expected call ${call} of layer "${path}${name}", got none; the file is damaged`,
        );
      }
      const missing = sources.filter((source) => !values.has(keyOf(source.layer, source.call)));
      if (missing.length > 0) {
        if (open.has(key)) {
          throw new ArgumentError(
            `topology: expected layers without a cycle, got one through "${path}${name}"; the file is damaged`,
          );
        }
        open.add(key);
        stack.push(...missing.reverse());
        continue;
      }
      const taken = sources.map((source) => valueOf(values, source, path));
      const around = { path, frozen, counted: counted || called.has(name) };
      values.set(key, this.call(layer, live?.get(name), call, taken, around));
      called.add(name);
      stack.pop();
    }
    return graph.outputs.map((output) => valueOf(values, output, path));
  }

  private call(
    layer: GraphLayer,
    live: LiveLayer | undefined,
    call: number,
    inputs: readonly Value[],
    { path, frozen, counted }: { path: string; frozen: boolean; counted: boolean },
  ): readonly Value[] {
    const name = `${path}${layer.name}${call === 0 ? '' : keyOf('', call + 1)}`;
    const still = frozen || !layer.trainable;
    if (layer.graph !== undefined) {
      const around = { path: `${name}/`, frozen: still, counted };
      return this.run(layer.graph, live?.layers, inputs, around);
    }
    const row = this.count(name, layer, live, inputs, still);
    this.rows.push({
      ...row,
      name,
      inputs: inputs.map((input) => input.row),
      ...(counted ? { params: 0, trainableParams: 0 } : {}),
    });
    return [{ shape: row.outputShape, row: name }];
  }

  private count(
    name: string,
    layer: GraphLayer,
    live: LiveLayer | undefined,
    inputs: readonly Value[],
    frozen: boolean,
  ): Omit<Row, 'name' | 'inputs'> {
    const { type, config } = layer;
    const shapes = inputs.map(({ shape }) => shape);
    const counter = config['dataFormat'] === 'channels_first' ? undefined : this.counters.get(type);
    const counted = counter && countBy(counter, { ...config, name }, type, shapes);
    if (counted !== undefined) requireCounts({ name }, counted);
    // A layer in memory can have other weights than its options suggest.
    const held = live?.weights();
    if (counted === undefined || (held !== undefined && held.params !== counted.params)) {
      if (live === undefined) {
        throw new ArgumentError(
          `layer "${name}": expected a type that can be counted, got ${type}; pass a counter for it, or the built model`,
        );
      }
      return { ...cost(type, live.outputShape(shapes), held), macs: null };
    }
    const { params, trainableParams } = held ?? counted;
    return { ...counted, type, params, trainableParams: frozen ? 0 : trainableParams };
  }
}

/** Counts a layer. A counter can fail in any way if a file lacks an option that the layer's type needs. */
function countBy(
  counter: LayerCounter,
  config: CounterConfig,
  type: string,
  shapes: readonly Shape[],
): LayerCost {
  try {
    return counter(config, shapes);
  } catch (cause) {
    if (cause instanceof ArgumentError) throw cause;
    throw new ArgumentError(
      `layer "${config.name}" (${type}): expected options and inputs that can be counted, got others (${String(cause)})`,
      { cause },
    );
  }
}

function valueOf(
  values: ReadonlyMap<string, readonly Value[]>,
  { layer, call, output }: Reference,
  path: string,
): Value {
  const value = values.get(keyOf(layer, call))?.[output];
  if (value === undefined) {
    throw new ArgumentError(
      `topology: expected output ${output} of layer "${path}${layer}", got none; the file is damaged`,
    );
  }
  return value;
}

/** The shape of a graph's input, if the file has it. */
export function inputShapeOf(graph: Graph, { layer }: Reference): Shape | undefined {
  return knownShape(batchShape(graph.layers.get(layer)?.config ?? {}));
}
