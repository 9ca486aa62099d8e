import type { Shape } from '../../layers/factory.js';
import type { Attribute, OnnxNode, OnnxTensor } from './schema.js';
import { floats, floatScalar, integers } from './tensor.js';

/** Rows and columns of zeros around a map, in the order of ONNX's `pads`. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];

/** What a layer gives, and how it lies in the ONNX graph. */
export interface Value {
  /** The tensor in the ONNX graph. */
  readonly name: string;
  /** As TensorFlow.js has it, without the batch dimension. */
  readonly shape: Shape;
  /**
   * The map `[h, w, c]` whose channels come first in the ONNX graph: this value, or what was flattened
   * into it. Without it the numbers lie as TensorFlow.js has them.
   */
  readonly channelsFirst?: Shape;
  /** Zeros of a map that `shape` counts, and that whoever takes it must add or do without. */
  readonly padding?: Pads;
  /** No number in it is below zero. */
  readonly nonNegative: boolean;
}

/** An ONNX graph while layers are written into it, in the order in which they are computed. */
export class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly tensors = new Map<string, OnnxTensor>();
  readonly #names: Set<string>;
  readonly #conversions = new Map<Value, Map<string, Value>>();

  /** @param taken names that no operator may have */
  constructor(taken: readonly string[]) {
    this.#names = new Set(taken);
  }

  /** Adds an operator. Its name, which is its output's as well, says for which layer it is there. */
  add(
    layer: string,
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    let name = `${layer}/${op}`;
    for (let i = 1; this.#names.has(name); i++) name = `${layer}/${op}_${i}`;
    this.#names.add(name);
    this.nodes.push({ name, op, inputs, output: name, attributes });
    return name;
  }

  tensor(tensor: OnnxTensor): string {
    this.tensors.set(tensor.name, tensor);
    return tensor.name;
  }

  scalar(value: number): string {
    return this.tensor(floatScalar(`scalar/${value}`, value));
  }

  floats(values: readonly number[], shape: Shape = [values.length]): string {
    return this.tensor(floats(`floats/${shape.join('x')}/${values.join(',')}`, values, shape));
  }

  integers(values: readonly number[]): string {
    return this.tensor(integers(`integers/${values.join(',')}`, values));
  }

  /** Another form of a value, made once however many layers take it. */
  once(value: Value, form: string, make: () => Value): Value {
    const known = this.#conversions.get(value) ?? new Map<string, Value>();
    this.#conversions.set(value, known);
    const converted = known.get(form) ?? make();
    known.set(form, converted);
    return converted;
  }

  /** Gives a tensor another name, wherever it is made and taken. */
  rename(from: string, to: string): void {
    const renamed = (name: string) => (name === from ? to : name);
    for (const [i, node] of this.nodes.entries()) {
      const { inputs, output } = node;
      this.nodes[i] = { ...node, inputs: inputs.map(renamed), output: renamed(output) };
    }
  }
}
