import type * as tf from '@tensorflow/tfjs';
import { show } from '../errors.js';
import { sameShape } from '../layers/cost/layer-cost.js';
import type { Shape } from '../layers/factory.js';
import { layersIn, type Scope } from '../model/seam.js';
import { type NamedWeight, weightsOf } from '../model/weights.js';
import { WeightsError } from './errors.js';
import { requireFinite } from './finite.js';
import type { NamedArray, WeightFile } from './formats/named-array.js';
import { identifyResnet } from './identify.js';
import { toKerasNames, VARIANT_MARK, variantOf } from './keras-names.js';

/** A weight of the model, and what it will become. */
export interface Assignment extends NamedWeight {
  readonly array: NamedArray;
}

export interface Match {
  readonly assignments: readonly Assignment[];
  /** Entries of the file that were not asked for. */
  readonly unused: readonly string[];
}

/** Names that an error message lists before it says how many more there are. */
const LISTED = 3;
/** Characters of a file's name for an array that an error message shows. */
const SHOWN = 60;

const FIRST_KERNEL = 'conv1_conv/kernel';

/** The first few of many names. */
export const list = (names: readonly string[]): string =>
  names.length <= LISTED
    ? names.join(', ')
    : `${names.slice(0, LISTED).join(', ')} and ${names.length - LISTED} more`;

/**
 * A file of the other variant fits shape by shape, but its strides sit elsewhere: it would answer wrongly. One of another depth
 * would be refused for the first weight that is missing or of another shape.
 */
function requireSameResnet(
  source: string,
  inModel: ReadonlySet<string>,
  inFile: ReadonlySet<string>,
): void {
  if (!inModel.has(FIRST_KERNEL) || !inFile.has(FIRST_KERNEL)) return;
  const [model, file] = [identifyResnet(inModel), identifyResnet(inFile)];
  if (model !== undefined && file !== undefined && model.depth !== file.depth) {
    throw new WeightsError(
      `${source}: expected weights of a ResNet-${model.depth} ${model.variant}, got those of a ResNet-${file.depth} ` +
        `${file.variant}; build the model with depth: ${file.depth}, variant: '${file.variant}'`,
    );
  }
  const [expected, got] = [variantOf(inModel), variantOf(inFile)];
  if (expected === got) return;
  throw new WeightsError(
    `${source}: expected weights of a ResNet ${expected}, got those of a ${got} ` +
      `(${VARIANT_MARK} is ${got === 'v1' ? 'there' : 'not there'}); build the model with variant: '${got}'`,
  );
}

function requireShape(source: string, name: string, expected: Shape, got: Shape): void {
  if (sameShape(expected, got)) return;
  const oihw =
    expected.length === 4 &&
    sameShape(
      [3, 2, 0, 1].map((axis) => expected[axis] ?? 0),
      got,
    );
  const advice = oihw
    ? "; this looks like OIHW: load it under torch's own names, which are transposed"
    : '; build the model with the depth, the classes and the input that the weights were trained with';
  throw new WeightsError(
    `${source}: ${name} expected ${show(expected)}, got ${show(got)}${advice}`,
  );
}

/**
 * Finds every weight of the model's scope in a file, and checks names, shapes and values.
 *
 * @param source what error messages call the file
 * @throws WeightsError where a weight is missing or doesn't fit; nothing has been changed
 */
export function match(
  source: string,
  file: WeightFile,
  model: tf.LayersModel,
  scope: Scope,
): Match {
  const { arrays, foreign } = toKerasNames(file, model.layers);
  const targets = layersIn(model, scope).flatMap(weightsOf);
  if (targets.length === 0) {
    throw new WeightsError(
      `${source}: expected a model with weights in its ${scope === 'all' ? 'layers' : scope}, got none there; see splitModel()`,
    );
  }
  const wanted = new Set(targets.map(({ name }) => name));
  requireSameResnet(source, wanted, new Set(arrays.keys()));

  const assignments: Assignment[] = [];
  const missing: string[] = [];
  for (const { name, variable } of targets) {
    const array = arrays.get(name);
    if (array === undefined) missing.push(name);
    else assignments.push({ name, variable, array });
  }
  if (missing.length > 0) {
    const [first] = file.arrays;
    const advice =
      assignments.length === 0
        ? `its entries look like ${first === undefined ? 'nothing' : show(first.name.slice(0, SHOWN))}; is it for another model?`
        : `load what is there with scope: 'base' or 'head', or build the model that it was written from`;
    throw new WeightsError(
      `${source}: expected all weights of the model, got none for ${list(missing)} (${missing.length} of ${targets.length}); ${advice}`,
    );
  }
  for (const { name, variable, array } of assignments) {
    requireShape(source, name, variable.shape as number[], array.shape);
    requireFinite(source, name, array.data);
  }
  const unused = [...arrays.keys()].filter((name) => !wanted.has(name));
  return { assignments, unused: [...unused, ...foreign] };
}
