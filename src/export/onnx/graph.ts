import type { Shape } from '../../layers/factory.js';
import type { Attribute, OnnxNode, OnnxTensor } from './schema.js';
import { floats, floatScalar, integers } from './tensor.js';

/** Rows and columns of zeros around a map, in the order of ONNX's `pads`. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];

/** A layer's output, and its layout in the ONNX graph. */
export interface Value {
  /** Name of the tensor in the ONNX graph. */
  readonly name: string;
  /** TensorFlow.js's shape, without the batch dimension. */
  readonly shape: Shape;
  /**
   * Set if the ONNX graph has channels first: the shape `[h, w, c]` of this map, or of the map that was flattened to this vector.
   * Otherwise the layout is TensorFlow.js's.
   */
  readonly channelsFirst?: Shape;
  /** Zero padding that `shape` includes and the tensor doesn't yet: the layer that uses the value adds it. */
  readonly padding?: Pads;
  /** Whether all numbers are known to be 0 or more. */
  readonly nonNegative: boolean;
}

/** An ONNX graph, to which layers are added in the order in which they are computed. */
export class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly tensors = new Map<string, OnnxTensor>();
  readonly #names: Set<string>;
  readonly #constants = new Map<string, string>();
  readonly #conversions = new Map<Value, Map<string, Value>>();

  /** @param taken names that operators and constants may not use */
  constructor(taken: readonly string[]) {
    this.#names = new Set(taken);
  }

  /** A name that is still free, and isn't from now on: the one wanted, if it is. */
  unused(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.#names.has(name); i++) name = `${wanted}_${i}`;
    this.#names.add(name);
    return name;
  }

  /** Adds an operator. Returns its name, which begins with the layer's and is also its output's. */
  add(
    layer: string,
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const name = this.unused(`${layer}/${op}`);
    this.nodes.push({ name, op, inputs, output: name, attributes });
    return name;
  }

  tensor(tensor: OnnxTensor): string {
    this.tensors.set(tensor.name, tensor);
    return tensor.name;
  }

  /** Adds a constant, once for all operators that use it. */
  #constant(wanted: string, make: (name: string) => OnnxTensor): string {
    const name = this.#constants.get(wanted) ?? this.tensor(make(this.unused(wanted)));
    this.#constants.set(wanted, name);
    return name;
  }

  scalar(value: number): string {
    return this.#constant(`scalar/${value}`, (name) => floatScalar(name, value));
  }

  floats(values: readonly number[], shape: Shape = [values.length]): string {
    const wanted = `floats/${shape.join('x')}/${values.join(',')}`;
    return this.#constant(wanted, (name) => floats(name, values, shape));
  }

  integers(values: readonly number[]): string {
    return this.#constant(`integers/${values.join(',')}`, (name) => integers(name, values));
  }

  /** Converts a value to another form, once for all layers that use it. */
  once(value: Value, form: string, make: () => Value): Value {
    const known = this.#conversions.get(value) ?? new Map<string, Value>();
    this.#conversions.set(value, known);
    const converted = known.get(form) ?? make();
    known.set(form, converted);
    return converted;
  }

  /** Renames a tensor in all inputs and outputs. */
  rename(from: string, to: string): void {
    const renamed = (name: string) => (name === from ? to : name);
    for (const [i, node] of this.nodes.entries()) {
      const { inputs, output } = node;
      this.nodes[i] = { ...node, inputs: inputs.map(renamed), output: renamed(output) };
    }
  }
}
