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

/** A weight of the model and its new value. */
export interface Assignment extends NamedWeight {
  readonly array: NamedArray;
}

export interface Match {
  readonly assignments: readonly Assignment[];
  /** Entries of the file that are not in the scope. */
  readonly unused: readonly string[];
}

/** Most names that an error message lists. */
const LISTED = 3;
/** Most characters of an array's name that an error message shows. */
const SHOWN = 60;

const FIRST_KERNEL = 'conv1_conv/kernel';

/** The first few names, and how many more there are. */
export const list = (names: readonly string[]): string =>
  names.length <= LISTED
    ? names.join(', ')
    : `${names.slice(0, LISTED).join(', ')} and ${names.length - LISTED} more`;

/**
 * Checks that model and file are of the same depth and variant. Weights of the other variant have the same shapes, but the strides are
 * elsewhere, so the model would give wrong answers. For another depth, this error is clearer than one about the first missing weight.
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
      `(the file has ${got === 'v1' ? '' : 'no '}${VARIANT_MARK}); build the model with variant: '${got}'`,
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
    ? "; this looks like PyTorch's OIHW order: keep PyTorch's names, whose arrays are transposed on loading"
    : '; build the model with the depth, number of classes and input shape that the weights were trained with';
  throw new WeightsError(
    `${source}: ${name} expected ${show(expected)}, got ${show(got)}${advice}`,
  );
}

/**
 * Finds every weight of the model's scope in a file, and checks names, shapes and values. It changes nothing.
 *
 * @param source name of the file in error messages
 * @throws WeightsError if a weight is missing or doesn't fit
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
      `${source}: expected a model with weights in its ${scope === 'all' ? 'layers' : scope}, got none; see splitModel()`,
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
        ? `the file ${first === undefined ? 'has no arrays' : `has names such as ${show(first.name.slice(0, SHOWN))}`}; it may be for another model`
        : `load one part with scope: 'base' or 'head', or build the model that the file was saved from`;
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
