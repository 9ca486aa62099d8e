import { ArgumentError, reject, show } from '../errors.js';
import type { LayerCounter } from '../layers/cost/counters.js';
import { cost, requireCounts } from '../layers/cost/layer-cost.js';
import type { Shape } from '../layers/factory.js';
import { macsOf, ParamCounter } from '../onnx/cost.js';
import { bytesOf } from '../onnx/element-types.js';
import { infer } from '../onnx/infer/infer.js';
import { type Call, nodeName, type Outcome, type Rule } from '../onnx/infer/facts.js';
import { layoutOf } from '../onnx/image-input.js';
import type { FileNode } from '../onnx/node.js';
import { type FileValue, type OnnxFile, readOnnx } from '../onnx/read.js';
import { elements } from '../onnx/tensor.js';
import { quoted } from '../onnx/wire.js';
import { BYTES_PER_FLOAT32, isShape, type ModelStats, type Row, toModelStats } from './stats.js';

/** Without the batch, which is 1. A shape that doesn't begin with it is left as it is. */
const withoutBatch = ([first, ...rest]: Shape): Shape =>
  first === undefined || first === 1 ? rest : [first, ...rest];

const COLOURS = 3;

/** A shape `[h, w, c]` is also accepted for channels first. */
function inOrder(file: OnnxFile, input: FileValue, shape: Shape): Shape {
  const [height = 0, width = 0, channels = 0] = shape;
  const own = input.shape?.[1];
  const expected = typeof own === 'number' ? own : COLOURS;
  const isLast = shape.length === 3 && channels === expected && height !== expected;
  return isLast && layoutOf(file, input) === 'nchw' ? [channels, height, width] : shape;
}

const USUAL_SIZE = 224;

/** A shape that an input takes, without the batch: its own sizes, and usual ones in place of those that it leaves open. */
function exampleOf(file: OnnxFile, input: FileValue): Shape {
  const layout = layoutOf(file, input);
  const channels = layout === 'nchw' ? 1 : layout === 'nhwc' ? 3 : undefined;
  return (input.shape ?? [])
    .map((size, axis) =>
      typeof size === 'number' ? size : axis === channels ? COLOURS : USUAL_SIZE,
    )
    .slice(1);
}

/** What to pass for a file whose inputs have open sizes. */
function adviceFor(file: OnnxFile): string {
  const examples = file.inputs.map((input) => exampleOf(file, input));
  const shape = examples.length === 1 ? examples[0] : examples;
  return `pass the input shape without the batch: { inputShape: ${show(shape)} }`;
}

function inputShapes(file: OnnxFile, inputShape: Shape | readonly Shape[] | undefined): Shape[] {
  const given: readonly unknown[] | undefined =
    inputShape === undefined || !isShape(inputShape) ? inputShape : [inputShape];
  if (given !== undefined && given.length !== file.inputs.length) {
    reject('inputShape', `a shape for each of ${file.inputs.length} inputs`, inputShape);
  }
  return file.inputs.map((input, i) => {
    const { name, shape: own } = input;
    const [batch, ...sizes] = own ?? [];
    if (typeof batch === 'number' && batch !== 1) {
      reject(
        `onnx: batch of input ${quoted(name)}`,
        '1, or any',
        batch,
        'export the model with a batch of any size',
      );
    }
    const shape = given?.[i] ?? sizes;
    if (isShape(shape)) return [1, ...inOrder(file, input, shape)];
    return reject('inputShape', 'positive integers', given?.[i] ?? own, adviceFor(file));
  });
}

/** A counter's configuration: the operator's attributes. */
const configOf = ({ node }: Call) => ({
  ...Object.fromEntries(node.attributes),
  name: node.outputs[0] ?? node.name,
});

const counted = (counter: LayerCounter, call: Call) => {
  const shapes = call.inputs.filter((input) => input !== undefined).map(({ shape }) => shape);
  return counter(configOf(call), shapes.map(withoutBatch));
};

function refuseUnknown(unknown: readonly FileNode[]): void {
  const [node] = unknown;
  if (node === undefined) return;
  const domain = node.domain === '' ? '' : ` of ${quoted(node.domain)}`;
  throw new ArgumentError(
    `onnx: ${nodeName(node)} expected an operator whose output shape can be inferred, got ${quoted(node.op)}${domain}; ` +
      'pass a counter for it, or a file that declares the shape',
  );
}

/**
 * Counts what an ONNX file costs. A row is an operator that depends on the inputs, named after its output; operators that only convert
 * weights or compute sizes are left out.
 */
export function analyzeOnnx(
  bytes: Uint8Array,
  inputShape: Shape | readonly Shape[] | undefined,
  counters: Readonly<Record<string, LayerCounter>>,
): ModelStats {
  const file = readOnnx(bytes);
  const shapes = inputShapes(file, inputShape);
  const costs = new Map<FileNode, ReturnType<LayerCounter>>();
  const rules = Object.entries(counters).map(([op, counter]): [string, Rule] => [
    op,
    (call): Outcome[] => {
      const found = counted(counter, call);
      costs.set(call.node, found);
      return [{ shape: [1, ...found.outputShape] }];
    },
  ]);
  const { tensors, unknown, unruled } = infer(file, shapes, Object.fromEntries(rules));
  refuseUnknown(unknown);

  const weights = new ParamCounter(file, tensors);
  const rows: Row[] = file.inputs.map(({ name, type }, i) => ({
    ...cost('Input', withoutBatch(shapes[i] ?? [])),
    activationBytes: bytesOf(type, elements(shapes[i] ?? [])),
    name,
    inputs: [],
  }));
  const rowOf = new Map(rows.map(({ name }) => [name, name]));
  for (const node of file.nodes) {
    const made = node.outputs.filter((name) => name !== '');
    const [name] = made;
    const facts = made.map((each) => tensors.get(each));
    if (name === undefined || facts.every((each) => each?.isFixed === true || each?.values))
      continue;
    const own = costs.get(node);
    // What a counter counts is taken for float32.
    const { params, bytes } = own
      ? { params: own.params, bytes: BYTES_PER_FLOAT32 * own.params }
      : weights.count(node);
    const { type, shape = [] } = facts[0] ?? {};
    const row: Row = {
      ...cost(node.op, withoutBatch(shape), { params }),
      weightBytes: bytes,
      activationBytes: bytesOf(type, elements(shape)),
      // ONNX says nothing about training, and files aren't trained here.
      trainableParams: 0,
      name,
      inputs: [...new Set(node.inputs.flatMap((each) => rowOf.get(each) ?? []))],
      macs: own ? own.macs : unruled.has(node) ? null : macsOf(node, tensors),
    };
    requireCounts(row, { ...row, macs: row.macs ?? 0 });
    for (const each of made) rowOf.set(each, name);
    rows.push(row);
  }
  const outputs = file.outputs.map(({ name }) => withoutBatch(tensors.get(name)?.shape ?? []));
  const inputs = shapes.map(withoutBatch);
  return toModelStats(file.name || 'onnx', inputs, outputs, rows, weights.types());
}
