import { ArgumentError, show } from '../../errors.js';
import type { Shape } from '../../layers/factory.js';
import { type ElementName, isFloat } from '../element-types.js';
import type { Attribute, FileNode } from '../node.js';
import { elements, type FileTensor, MAX_RANK, numbersOf } from '../tensor.js';
import { quoted } from '../wire.js';

/**
 * Numbers of a tensor whose values are followed. Shapes have a few; torch's exporter also computes positions, such as those of a
 * resized map's rows.
 */
export const MAX_FOLDED = 4096;
/** The same for floats: only factors of a `Resize` and the like matter, biases don't. */
const MAX_FOLDED_FLOATS = 64;

/** What is known about a tensor. */
export interface Facts {
  readonly shape: Shape;
  readonly type: ElementName | undefined;
  /** Its numbers, if they are few and don't depend on the pixels. */
  readonly values?: readonly number[];
  /** Whether it is a weight or computed from weights only, and so doesn't depend on the inputs. */
  readonly isFixed: boolean;
}

/** An operator's result. The type is the first input's unless given. */
export interface Outcome {
  readonly shape: Shape;
  readonly type?: ElementName | undefined;
  readonly values?: readonly number[] | undefined;
}

/** Infers an operator's outputs; undefined if they depend on numbers that are not known. */
export type Rule = (call: Call) => readonly Outcome[] | undefined;

/** A node's subject in error messages. */
export const nodeName = ({ name, op, outputs }: FileNode): string =>
  `node ${quoted(name || (outputs[0] ?? ''))} (${op})`;

/** One use of an operator. */
export class Call {
  constructor(
    readonly node: FileNode,
    readonly inputs: readonly (Facts | undefined)[],
    /** Version of the operator set. */
    readonly opset: number,
  ) {}

  has(index: number): boolean {
    return this.inputs[index] !== undefined;
  }

  facts(index: number): Facts {
    return this.inputs[index] ?? this.misfit(`an input ${index}`);
  }

  shape(index: number): Shape {
    return this.facts(index).shape;
  }

  values(index: number): readonly number[] | undefined {
    return this.inputs[index]?.values;
  }

  /** An integer or a float. */
  number<T extends number | undefined>(name: string, fallback: T): number | T {
    const value = this.attribute(name);
    return typeof value === 'number' ? value : fallback;
  }

  text(name: string, fallback: string): string {
    const value = this.attribute(name);
    return typeof value === 'string' ? value : fallback;
  }

  numbers(name: string): readonly number[] | undefined {
    const value = this.attribute(name);
    const isNumbers = Array.isArray(value) && value.every((each) => typeof each === 'number');
    return isNumbers ? value : undefined;
  }

  tensor(name: string): FileTensor | undefined {
    const value = this.attribute(name);
    const isTensor = typeof value === 'object' && value !== null && 'shape' in value;
    return isTensor ? value : undefined;
  }

  /** Numbers that older versions of an operator have as an attribute, newer ones as an input. */
  given(name: string, index: number): readonly number[] | 'unknown' | undefined {
    const own = this.numbers(name);
    if (own !== undefined || !this.has(index)) return own;
    return this.values(index) ?? 'unknown';
  }

  /** An axis as an index; negative ones count from the end. */
  axis(axis: number, rank: number): number {
    const index = axis < 0 ? axis + rank : axis;
    const isAxis = Number.isInteger(index) && index >= 0 && index < rank;
    return isAxis ? index : this.misfit(`an axis of ${rank}, got ${axis}`);
  }

  misfit(expected: string): never {
    const shapes = this.inputs.map((input) => (input === undefined ? 'none' : show(input.shape)));
    throw new ArgumentError(
      `onnx: ${nodeName(this.node)} expected ${expected}, got inputs of ${shapes.join(', ')}`,
    );
  }

  private attribute(name: string): Attribute | undefined {
    return this.node.attributes.get(name);
  }
}

/** @throws ArgumentError if it isn't a shape that a tensor can have */
export function requireSizes(call: Call, shape: Shape): void {
  const fits =
    shape.length <= MAX_RANK && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!fits || !Number.isSafeInteger(elements(shape))) {
    call.misfit(`an output of up to ${MAX_RANK} positive sizes, got ${show(shape)}`);
  }
}

/** The facts of a tensor that a file contains. */
export function factsOf(tensor: FileTensor): Facts {
  const { shape, type } = tensor;
  const values = numbersOf(tensor, isFloat(type) ? MAX_FOLDED_FLOATS : MAX_FOLDED);
  return { shape, type, isFixed: true, ...(values && { values }) };
}

/** The values of an output of this shape, by the position of each; undefined if there are too many. */
export function fill(
  shape: Shape,
  value: (position: readonly number[]) => number | undefined,
): number[] | undefined {
  const count = elements(shape);
  if (!(count <= MAX_FOLDED)) return undefined;
  const position = shape.map(() => 0);
  const values: number[] = [];
  for (let i = 0; i < count; i++) {
    values.push(value(position) ?? NaN);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (position[axis] ?? 0) + 1;
      position[axis] = next === shape[axis] ? 0 : next;
      if (position[axis] !== 0) break;
    }
  }
  return values;
}

/** The value at a position, where axes of size 1 are broadcast, and missing ones are of size 1. */
export function at(
  { shape, values }: Pick<Facts, 'shape' | 'values'>,
  position: readonly number[],
): number | undefined {
  const skipped = position.length - shape.length;
  const index = shape.reduce(
    (sum, size, axis) => sum * size + (size === 1 ? 0 : (position[axis + skipped] ?? 0)),
    0,
  );
  return values?.[index];
}
