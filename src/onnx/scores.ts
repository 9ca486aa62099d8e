import { reject } from '../errors.js';
import type { ScoreKind } from '../model/scores.js';
import { type FeatureOptions, type OnnxFeatures, shapedAs, wantedIn } from './features.js';
import { type FileNode, makersOf } from './node.js';
import type { OnnxFile } from './read.js';
import { quoted } from './wire.js';

/** Operators that turn logits into probabilities. */
const ACTIVATIONS: Readonly<Record<string, ScoreKind>> = {
  Softmax: 'softmax',
  Sigmoid: 'sigmoid',
};
/** Operators after them that change no probability by more than rounding. */
const PASSED = ['Cast', 'DequantizeLinear', 'Dropout', 'Identity', 'QuantizeLinear', 'Transpose'];
/** The same, if the classes are the only axis besides the batch that is larger than 1. */
const RESHAPES = ['Flatten', 'Reshape', 'Squeeze', 'Unsqueeze'];

/** The logits of an ONNX file that scores classes, and what turns them into its scores. */
export interface OnnxScores {
  readonly logits: OnnxFeatures;
  /** `linear` if the file's scores are the logits. */
  readonly kind: ScoreKind;
}

/** The activation that a file ends in, if any, and whether its output is reshaped. */
function lastActivation(
  file: OnnxFile,
  output: string,
): { readonly node?: FileNode; readonly isReshaped: boolean } {
  const makers = makersOf(file.nodes);
  let isReshaped = false;
  for (let name = output; ;) {
    const node = makers.get(name);
    if (node?.domain !== '') return { isReshaped };
    if (node.op in ACTIVATIONS) return { node, isReshaped };
    if (!PASSED.includes(node.op) && !RESHAPES.includes(node.op)) return { isReshaped };
    isReshaped ||= RESHAPES.includes(node.op);
    name = node.inputs[0] ?? '';
  }
}

/** Number of axes and the classes' axis, by layout. */
const AXES: Readonly<Record<OnnxFeatures['layout'], readonly [count: number, classes: number]>> = {
  ...{ vector: [2, 1], tokens: [3, 2], nhwc: [4, 3], nchw: [4, 1] },
};

/** Whether an activation gives a probability for each class. */
function isOfClasses(
  { op, attributes }: FileNode,
  { layout, shape: [height, width] }: OnnxFeatures,
  isReshaped: boolean,
): boolean {
  if (isReshaped && height * width > 1) return false;
  const [count, classes] = AXES[layout];
  const axis = attributes.get('axis') ?? -1;
  return op !== 'Softmax' || axis === classes || axis === classes - count;
}

/**
 * Finds the logits in an ONNX file whose first output are scores of classes: `[batch, classes]`, or a map or a list of them, whose
 * positions are averaged. A `Softmax` or `Sigmoid` at its end is left out. Without one, the scores are taken for logits.
 *
 * @throws ArgumentError if the file takes no images, or its first output can't be scores
 */
export function scoresOf(
  file: OnnxFile,
  { inputSize }: Pick<FeatureOptions, 'inputSize'>,
): OnnxScores {
  const output = file.outputs[0]?.name ?? '';
  const { node, isReshaped } = lastActivation(file, output);
  const wanted = wantedIn(file, { output: node?.inputs[0] ?? output, inputSize });
  const logits = shapedAs(file, wanted);
  if (logits === undefined || (node !== undefined && !isOfClasses(node, logits, isReshaped))) {
    return reject(
      `onnx: output ${quoted(output)}`,
      'scores as floats, [batch, classes] or a map of them: logits, or a Softmax over the classes or a Sigmoid at the end',
      wanted.inferred.tensors.get(output)?.shape,
      'for a file that gives features, use loadBackbone()',
    );
  }
  return { logits, kind: (node && ACTIVATIONS[node.op]) ?? 'linear' };
}
