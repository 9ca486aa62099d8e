import { ArgumentError, reject } from '../errors.js';
import type { LayerCounter } from '../layers/cost/counters.js';
import { cost, requireCounts } from '../layers/cost/layer-cost.js';
import type { Shape } from '../layers/factory.js';
import { macsOf, ParamCounter } from '../onnx/cost.js';
import { infer } from '../onnx/infer/infer.js';
import { type Call, nodeName, type Outcome, type Rule } from '../onnx/infer/facts.js';
import { layoutOf } from '../onnx/image-input.js';
import type { FileNode } from '../onnx/node.js';
import { type FileValue, type OnnxFile, readOnnx } from '../onnx/read.js';
import { quoted } from '../onnx/wire.js';
import { isShape, type ModelStats, type Row, toModelStats } from './stats.js';

/** Without the batch, which is 1. A shape that doesn't begin with it is left as it is. */
const withoutBatch = ([first, ...rest]: Shape): Shape =>
  first === undefined || first === 1 ? rest : [first, ...rest];

/** A shape `[h, w, c]` is also accepted for channels first. */
function inOrder(file: OnnxFile, input: FileValue, shape: Shape): Shape {
  const [height = 0, width = 0, channels = 0] = shape;
  const isLast = shape.length === 3 && channels === 3 && height !== 3;
  return isLast && layoutOf(file, input) === 'nchw' ? [channels, height, width] : shape;
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
    const advice = 'pass the input shape without the batch: { inputShape: [224, 224, 3] }';
    return reject('inputShape', 'positive integers', given?.[i] ?? own, advice);
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

  const params = new ParamCounter(file, tensors);
  const rows: Row[] = file.inputs.map(({ name }, i) => ({
    ...cost('Input', withoutBatch(shapes[i] ?? [])),
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
    const row: Row = {
      ...cost(node.op, withoutBatch(facts[0]?.shape ?? []), own ?? { params: params.count(node) }),
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
  return toModelStats(file.name || 'onnx', shapes.map(withoutBatch), outputs, rows);
}
