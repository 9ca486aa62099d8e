import type { OnnxModel, OnnxNode } from '../schema.js';
import type { Statistics } from './calibrate.js';
import { type Affine, affineOf } from './numbers.js';
import { KERNEL_AXES } from './weights.js';

/** What becomes int8 in a graph. */
export interface Plan {
  /** Activations that are stored as uint8, and how. */
  readonly activations: ReadonlyMap<string, Affine>;
  /** Operators whose kernel becomes int8. */
  readonly weighted: ReadonlySet<OnnxNode>;
  /** All operators that compute with integers. */
  readonly integer: ReadonlySet<OnnxNode>;
}

/** Runtimes merge these into the operator before them: numbers outside the range of a uint8 activation are cut off anyway. */
const CUTS: readonly string[] = ['Relu', 'Clip'];

/** Their output has the range of their input, and shares its scale, so that integers pass unchanged. */
const KEEP_RANGE: readonly string[] = ['MaxPool', 'Transpose', 'Flatten', 'Reshape'];

/** Computed with integers if all their inputs are uint8 already. */
const FOLLOWERS: readonly string[] = ['Add', 'AveragePool', 'Concat', 'MaxPool'];

/**
 * Chooses what becomes int8: convolutions and matrix products with a bias, and the sums, concatenations and poolings between them.
 *
 * @param statisticsOf what was measured of a tensor
 * @param staysFloat operators to leave in float32
 */
export function planQuantization(
  { nodes, tensors, output: { name: output } }: OnnxModel,
  statisticsOf: (tensor: string) => Statistics | undefined,
  staysFloat: (node: OnnxNode) => boolean,
): Plan {
  const constants = new Set(tensors.map(({ name }) => name));
  const users = new Map<string, OnnxNode[]>();
  for (const node of nodes) {
    for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node]);
  }
  /** The output of an operator, after the ReLU that runtimes merge into it. */
  const endOf = ({ output: end }: OnnxNode): string => {
    const [user, ...others] = users.get(end) ?? [];
    const isCut = user !== undefined && others.length === 0 && CUTS.includes(user.op);
    return isCut && end !== output ? endOf(user) : end;
  };

  const known = new Map<string, Affine>();
  const affineFor = (tensor: string): Affine | undefined => {
    const range = known.has(tensor) || constants.has(tensor) ? undefined : statisticsOf(tensor);
    if (range !== undefined) known.set(tensor, affineOf(range));
    return known.get(tensor);
  };
  const activations = new Map<string, Affine>();
  const [weighted, integer] = [new Set<OnnxNode>(), new Set<OnnxNode>()];
  for (const node of nodes) {
    const [first = ''] = node.inputs;
    const own = KEEP_RANGE.includes(node.op) ? affineFor(first) : undefined;
    if (own !== undefined) known.set(node.output, own);
    const isWeighted = node.op in KERNEL_AXES && !staysFloat(node);
    const inputs = isWeighted ? [first] : node.inputs;
    const isFollower =
      FOLLOWERS.includes(node.op) && node.inputs.every((input) => activations.has(input));
    if (!isWeighted && !isFollower) continue;
    const ends = [...inputs, endOf(node)].map((name) => ({ name, affine: affineFor(name) }));
    if (ends.some(({ affine }) => affine === undefined)) continue;
    for (const { name, affine } of ends) if (affine !== undefined) activations.set(name, affine);
    integer.add(node);
    if (isWeighted) weighted.add(node);
  }
  return { activations, weighted, integer };
}
