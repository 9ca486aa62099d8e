import { reject, show } from '../../errors.js';
import type { Shape } from '../../layers/factory.js';
import type { FileNode } from '../node.js';
import type { FileValue, OnnxFile } from '../read.js';
import { elements } from '../tensor.js';
import { constantRules } from './constants.js';
import { elementwiseRules } from './elementwise.js';
import { Call, type Facts, factsOf, type Outcome, requireSizes, type Rule } from './facts.js';
import { recurrentRules } from './recurrent.js';
import { reshapingRules } from './reshaping.js';
import { selectingRules } from './selecting.js';
import { windowRules } from './windows.js';

/** What is known about the tensors of a file for inputs of certain shapes. */
export interface Inferred {
  /** By name. Tensors whose shape is unknown are missing. */
  readonly tensors: ReadonlyMap<string, Facts>;
  /** The nodes with an output of unknown shape, except for those that only follow from others. */
  readonly unknown: readonly FileNode[];
  /** The nodes whose operator isn't known, even if the file declares their shapes. */
  readonly unruled: ReadonlySet<FileNode>;
}

/** Operators whose numbers differ from call to call. */
const RANDOM = /^(Random|Bernoulli|Multinomial)/;

/** Numbers followed in one file: 32 MB. Folding is cheap to ask for, and a file can have many nodes. */
const MAX_FOLDED_IN_ALL = 2 ** 22;

class Inference {
  readonly tensors = new Map<string, Facts>();
  readonly unknown: FileNode[] = [];
  readonly unruled = new Set<FileNode>();
  /** Sizes that have a name, such as `height`. */
  private readonly sizes = new Map<string, number>();
  private readonly rules: Readonly<Record<string, Rule>> = {
    ...constantRules(),
    ...elementwiseRules(),
    ...recurrentRules(),
    ...reshapingRules(),
    ...selectingRules(),
    ...windowRules(),
  };
  private folded = 0;

  constructor(
    private readonly file: OnnxFile,
    private readonly own: Readonly<Record<string, Rule>>,
  ) {}

  give({ name, type, shape }: FileValue, given: Shape): void {
    const fits =
      shape === undefined ||
      (shape.length === given.length &&
        shape.every((size, i) => typeof size !== 'number' || size === given[i]));
    if (!fits) reject(`onnx: shape of input ${show(name)}`, show(shape), given);
    shape?.forEach((size, axis) => {
      if (typeof size === 'string') this.sizes.set(size, given[axis] ?? 0);
    });
    this.tensors.set(name, { shape: given, type, isFixed: false });
  }

  /** What the file says about a tensor, if its sizes are known. */
  private declared(name: string): Omit<Facts, 'isFixed'> | undefined {
    const value =
      this.file.values.get(name) ?? this.file.outputs.find((output) => output.name === name);
    const shape = value?.shape?.map((size) =>
      typeof size === 'string' ? this.sizes.get(size) : size,
    );
    const isKnown = shape?.every((size) => typeof size === 'number');
    return isKnown ? { shape: shape, type: value?.type } : undefined;
  }

  private checked(call: Call, { shape, values, ...rest }: Outcome): Omit<Facts, 'isFixed'> {
    requireSizes(call, shape);
    const type = rest.type ?? call.inputs[0]?.type;
    const isKnown = values?.length === elements(shape);
    this.folded += isKnown ? values.length : 0;
    return { shape, type, ...(isKnown && this.folded <= MAX_FOLDED_IN_ALL && { values }) };
  }

  run(node: FileNode): void {
    const given = node.inputs.map((name) => (name === '' ? undefined : this.tensors.get(name)));
    const isFed = node.inputs.every((name, i) => name === '' || given[i] !== undefined);
    const rule = this.own[node.op] ?? (node.domain === '' ? this.rules[node.op] : undefined);
    if (rule === undefined) this.unruled.add(node);
    const call = new Call(node, given, this.file.opsets.get('') ?? 0);
    const outcomes = isFed && rule ? rule(call) : undefined;
    const fixed = isFixed(node, given);
    node.outputs.forEach((name, i) => {
      if (name === '') return;
      const outcome = outcomes?.[i];
      const facts = outcome ? this.checked(call, outcome) : this.declared(name);
      if (facts !== undefined) this.tensors.set(name, { ...facts, isFixed: fixed });
    });
    const isWhole = node.outputs.every((name) => name === '' || this.tensors.has(name));
    if (!isWhole && isFed) this.unknown.push(node);
  }
}

/** Whether a node's outputs follow from weights only. */
const isFixed = (node: FileNode, inputs: readonly (Facts | undefined)[]): boolean =>
  !RANDOM.test(node.op) &&
  node.captured.length === 0 &&
  inputs.every((input, i) => node.inputs[i] === '' || input?.isFixed === true);

/**
 * Infers the shapes of all tensors of a file for inputs of the given shapes, and follows the numbers of small ones, from which
 * exporters compute shapes. An operator that isn't known has the shapes that the file declares, or none.
 *
 * @param shapes a shape for each input of the file, batch included
 * @param own rules for further operators, of any domain
 * @throws ArgumentError if an operator can't be applied to these shapes
 */
export function infer(
  file: OnnxFile,
  shapes: readonly Shape[],
  own: Readonly<Record<string, Rule>> = {},
): Inferred {
  const inference = new Inference(file, own);
  for (const [name, tensor] of file.initializers) {
    inference.tensors.set(name, factsOf(tensor));
  }
  for (const [i, input] of file.inputs.entries()) inference.give(input, shapes[i] ?? []);
  for (const node of file.nodes) inference.run(node);
  return inference;
}
