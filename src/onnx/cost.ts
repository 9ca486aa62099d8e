import type { Shape } from '../layers/factory.js';
import { termsOf } from './einsum.js';
import { bytesOf, type ElementName, isFloat } from './element-types.js';
import type { Facts } from './infer/facts.js';
import { type FileNode, makersOf } from './node.js';
import type { OnnxFile } from './read.js';
import { elements } from './tensor.js';

type Tensors = ReadonlyMap<string, Facts>;

/** Multiply–accumulates of the operators that have some; all others are counted as zero. */
const MACS: Readonly<
  Record<string, (output: Shape, inputs: readonly Shape[], node: FileNode) => number>
> = {
  // For each number of the output, one per number of its filter: [outputs, inputs / groups, height, width].
  Conv: (output, [, kernel = []]) => elements(output) * elements(kernel.slice(1)),
  ConvInteger: (output, [, kernel = []]) => elements(output) * elements(kernel.slice(1)),
  // For each number of the input, one per number of its filter.
  ConvTranspose: (_, [input = [], kernel = []]) => elements(input) * elements(kernel.slice(1)),
  Gemm: ([, columns = 1], [a = []]) => elements(a) * columns,
  MatMul: (output, [a = []]) => elements(output) * (a.at(-1) ?? 1),
  MatMulInteger: (output, [a = []]) => elements(output) * (a.at(-1) ?? 1),
  // For each combination of the indices; a single tensor is only summed or reordered.
  Einsum: (_, inputs, { attributes }) => {
    const equation = attributes.get('equation');
    const found = typeof equation === 'string' ? termsOf(equation, inputs) : undefined;
    return found && inputs.length > 1 ? elements([...found.sizes.values()]) : 0;
  },
  ...{ GRU: recurrentMacs, LSTM: recurrentMacs, RNN: recurrentMacs },
};

/** At each step, one per number of the weights of the input and of the state, all directions and gates included. */
function recurrentMacs(
  _: Shape,
  [input = [], ofInput = [], ofState = []]: readonly Shape[],
): number {
  return elements(input.slice(0, 2)) * (elements(ofInput) + elements(ofState));
}

/** Multiply–accumulates of a node: those of convolutions, products of matrices and recurrent layers, attention's included. */
export function macsOf(node: FileNode, tensors: Tensors): number {
  const shapes = node.inputs.map((name) => tensors.get(name)?.shape ?? []);
  const output = tensors.get(node.outputs[0] ?? '')?.shape ?? [];
  return MACS[node.op]?.(output, shapes, node) ?? 0;
}

/** Inputs that say how an operator works, by position: limits, sizes, and the scales of quantized numbers. They aren't parameters. */
const SETTINGS_FROM: Readonly<Record<string, number>> = {
  ...{ ConvInteger: 2, MatMulInteger: 2 },
  ...{ Clip: 1, DequantizeLinear: 1, Dropout: 1, Expand: 1, Pad: 1, Pow: 1, QuantizeLinear: 1 },
  ...{ Reshape: 1, Resize: 1, Slice: 1, Split: 1, Squeeze: 1, Tile: 1, Unsqueeze: 1, Upsample: 1 },
};

/** Operators whose weights are parameters even if they are single numbers. In others those are factors such as 1/√d. */
const WEIGHTED = [
  ...['Conv', 'ConvInteger', 'ConvTranspose', 'Gemm', 'MatMul', 'MatMulInteger', 'PRelu'],
  'BatchNormalization',
  ...['InstanceNormalization', 'LayerNormalization', 'GroupNormalization', 'RMSNormalization'],
];

/** Operators that only convert numbers: pixels stay pixels. */
const CONVERTING = [
  'Cast',
  'Identity',
  'Transpose',
  'Gather',
  'Reshape',
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Clip',
];

/** The parameters of a node. */
export interface Weights {
  readonly params: number;
  /** Bytes of these in the types that the file holds them in. */
  readonly bytes: number;
}

/** Counts the parameters of nodes, each weight in the first node that uses it. */
export class ParamCounter {
  readonly #counted = new Set<string>();
  readonly #bytes = new Map<ElementName, number>();
  readonly #makers: ReadonlyMap<string, FileNode>;
  /** Tensors that are the images, scaled or reordered: factors of these scale pixels and aren't parameters. */
  readonly #pixels: Set<string>;
  readonly #quantized: ReadonlySet<string>;

  constructor(
    { nodes, inputs }: OnnxFile,
    private readonly tensors: Tensors,
  ) {
    this.#makers = makersOf(nodes);
    this.#pixels = new Set(inputs.map(({ name }) => name));
    const dequantizing = nodes.filter(({ op }) => op === 'DequantizeLinear');
    this.#quantized = new Set(dequantizing.flatMap((node) => node.inputs.slice(0, 1)));
  }

  /** Must be called on the nodes in order. */
  count(node: FileNode): Weights {
    const { op, inputs } = node;
    const isPixels =
      CONVERTING.includes(op) &&
      inputs.every((name) => this.#pixels.has(name) || this.tensors.get(name)?.isFixed);
    if (isPixels) for (const output of node.outputs) this.#pixels.add(output);
    if (isPixels) return { params: 0, bytes: 0 };
    const weights = inputs.slice(0, SETTINGS_FROM[op] ?? Infinity).map((name) => {
      const isSingle = elements(this.tensors.get(name)?.shape ?? []) === 1;
      return isSingle && !WEIGHTED.includes(op) ? [] : this.#weights(name);
    });
    const all = weights.flat();
    for (const { type, bytes } of all) this.#bytes.set(type, (this.#bytes.get(type) ?? 0) + bytes);
    return {
      params: all.reduce((sum, { params }) => sum + params, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /** The types of the weights that were counted, beginning with that of the most bytes. */
  types(): ElementName[] {
    return [...this.#bytes].sort(([, a], [, b]) => b - a).map(([type]) => type);
  }

  /** The numbers that a tensor is computed from, and that weren't counted yet. */
  #weights(tensor: string): (Weights & { readonly type: ElementName })[] {
    const weights: (Weights & { readonly type: ElementName })[] = [];
    const open = [tensor];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const facts = this.tensors.get(name);
      // Sizes of the images lead to them, and end here.
      const isFollowed = facts?.isFixed === true || facts?.values !== undefined;
      if (!isFollowed || this.#counted.has(name)) continue;
      this.#counted.add(name);
      const maker = this.#makers.get(name);
      if (maker === undefined || maker.op === 'Constant') {
        const { type = 'other', shape } = facts;
        // Whole numbers are indices and sizes, unless they are quantized weights.
        if (!isFloat(type) && !this.#quantized.has(name)) continue;
        const params = elements(shape);
        weights.push({ type, params, bytes: bytesOf(type, params) });
        continue;
      }
      open.push(...maker.inputs.slice(0, SETTINGS_FROM[maker.op] ?? Infinity));
    }
    return weights;
  }
}
