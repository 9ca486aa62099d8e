import { reject, requireOneOf, show, showList } from '../errors.js';
import { type ElementName, isFloat } from './element-types.js';
import {
  CHANNELS_FIRST,
  type ImageInput,
  imageInput,
  inputShape,
  type MapLayout,
  orderOf,
} from './image-input.js';
import { requireSmall, sizeOf } from './image-size.js';
import { elementwiseRules } from './infer/elementwise.js';
import { type Facts } from './infer/facts.js';
import { infer, type Inferred } from './infer/infer.js';
import { type FileNode, makersOf } from './node.js';
import type { OnnxFile } from './read.js';
import { quoted } from './wire.js';

/** The order of the features' axes: maps, `[batch, tokens, channels]`, or `[batch, channels]`. */
export type FeatureLayout = MapLayout | 'tokens' | 'vector';

export interface FeatureOptions {
  /** Name of the tensor that holds the features. @default the file's first output */
  readonly output?: string | undefined;
  /** The order of a map's axes, if it can't be found out. @default found out */
  readonly layout?: MapLayout | undefined;
  /** Height and width of images, for a file that takes any size. @default the file's own */
  readonly inputSize?: readonly [height: number, width: number] | undefined;
}

/** The tensor of an ONNX file that serves as features, and the input that they are computed from. */
export interface OnnxFeatures {
  readonly input: ImageInput;
  readonly inputSize: readonly [height: number, width: number];
  /** Name of the tensor. */
  readonly output: string;
  readonly layout: FeatureLayout;
  readonly type: ElementName | undefined;
  /**
   * The features of one image as a map `[height, width, channels]`, as heads take them. Tokens are a map of height 1,
   * `[1, tokens, channels]`, a vector is one of one position, `[1, 1, channels]`.
   */
  readonly shape: readonly [height: number, width: number, channels: number];
}

const LAYOUTS: readonly MapLayout[] = ['nhwc', 'nchw'];
/** Tensors that an error lists. */
const LISTED = 8;

/** The tensors that can serve as features: computed from the images, and of the right number of axes. */
function candidates(file: OnnxFile, { tensors }: Inferred, batch: number): string[] {
  const fits = (name: string) => {
    const facts = tensors.get(name);
    return facts !== undefined && !facts.isFixed && !facts.values && isFeatures(facts, batch);
  };
  const names = file.nodes.flatMap(({ outputs }) => outputs).filter(fits);
  return [...new Set([...file.outputs.map(({ name }) => name), ...names.reverse()])];
}

const isFeatures = ({ shape, type }: Facts, batch: number): boolean =>
  shape.length >= 2 && shape.length <= 4 && shape[0] === batch && isFloat(type);

/** Operators whose output has its axes in the order of the first input. */
const keepsOrder = (): ReadonlySet<string> =>
  new Set([
    ...Object.keys(elementwiseRules()),
    ...['Concat', 'Expand', 'Pad', 'Resize', 'Slice', 'Split', 'Upsample'],
  ]);

/** The input that a node's output has its axes from: the first that is a map. */
const mapInput = (node: FileNode, tensors: Inferred['tensors']): string | undefined =>
  node.inputs.find((name) => {
    const facts = tensors.get(name);
    return facts?.shape.length === 4 && !facts.isFixed;
  });

/**
 * The layout of a map: that of the operator that makes it. A convolution gives channels first, a `Transpose` changes the order, a product
 * of matrices has channels last, and most operators keep the order.
 */
function layoutByMaking(
  file: OnnxFile,
  { tensors }: Inferred,
  { name: image, layout }: ImageInput,
  output: string,
): MapLayout | undefined {
  const makers = makersOf(file.nodes);
  const keeping = keepsOrder();
  const orders: (readonly number[])[] = [];
  const toLayout = (channels: number): MapLayout | undefined => {
    const axis = orders.reduceRight((at, order) => order.indexOf(at), channels);
    return axis === 1 ? 'nchw' : axis === 3 ? 'nhwc' : undefined;
  };
  for (let name = output; ;) {
    if (name === image) return toLayout(layout === 'nchw' ? 1 : 3);
    const node = makers.get(name);
    if (node?.domain !== '') return undefined;
    if (CHANNELS_FIRST.includes(node.op)) return toLayout(1);
    if (node.op === 'MatMul') return toLayout(3);
    if (node.op === 'LayerNormalization' && [-1, 3, undefined].includes(axisOf(node))) {
      return toLayout(3);
    }
    const order = node.op === 'Transpose' ? orderOf(node) : undefined;
    const next = mapInput(node, tensors);
    if (next === undefined || (order === undefined && !keeping.has(node.op))) return undefined;
    if (order !== undefined) orders.push(order);
    name = next;
  }
}

function axisOf(node: FileNode): number | undefined {
  const axis = node.attributes.get('axis');
  return typeof axis === 'number' ? axis : undefined;
}

/** The layout by the proportions of square images: height and width of the map are equal then, and rarely the channels. */
function layoutByShape(
  shape: readonly number[],
  [height, width]: readonly [number, number],
): MapLayout | undefined {
  const [, a, b, c] = shape;
  if (height !== width || a === c) return undefined;
  return a === b ? 'nhwc' : b === c ? 'nchw' : undefined;
}

/** A tensor that is to serve as features or scores, before it is known whether it can. */
export interface Wanted extends Pick<OnnxFeatures, 'input' | 'inputSize' | 'output'> {
  readonly inferred: Inferred;
}

/**
 * Looks up a tensor of a file that takes images.
 *
 * @throws ArgumentError if the file takes no images, or none of that size
 */
export function wantedIn(
  file: OnnxFile,
  { output = file.outputs[0]?.name ?? '', inputSize: given }: FeatureOptions,
): Wanted {
  const input = imageInput(file);
  const inputSize = sizeOf(input, given);
  return { input, inputSize, output, inferred: infer(file, [inputShape(input, inputSize)]) };
}

/**
 * The layout and shape of features; undefined if the tensor can't serve as features, or its layout can't be found out.
 *
 * Two axes are a vector, three are tokens. Of four axes, the operators that lead to the tensor tell whether channels come last or first;
 * if they don't, square images do, whose maps are square.
 *
 * @param given the layout of a map, if it is known
 */
export function shapedAs(
  file: OnnxFile,
  { inferred, ...wanted }: Wanted,
  given?: MapLayout,
): OnnxFeatures | undefined {
  const { input, inputSize, output } = wanted;
  const facts = inferred.tensors.get(output);
  if (facts === undefined || facts.isFixed || !isFeatures(facts, input.batch ?? 1)) {
    return undefined;
  }
  const found = { ...wanted, type: facts.type };
  const [, a = 1, b = 1, c = 1] = facts.shape;
  const rank = facts.shape.length;
  if (rank === 2) return { ...found, layout: 'vector', shape: [1, 1, a] };
  if (rank === 3) return { ...found, layout: 'tokens', shape: [1, a, b] };
  const layout =
    given ?? layoutByMaking(file, inferred, input, output) ?? layoutByShape(facts.shape, inputSize);
  return layout && { ...found, layout, shape: layout === 'nhwc' ? [a, b, c] : [b, c, a] };
}

/**
 * Finds the features in an ONNX file: which tensor, in which layout, of which shape for an input size. Where {@link shapedAs} can't find
 * out the layout, the option `layout` is required.
 *
 * @throws ArgumentError if the file takes no images, there is no such tensor, or its shape or layout can't be found out
 */
export function featuresOf(file: OnnxFile, options: FeatureOptions = {}): OnnxFeatures {
  const { layout: given } = options;
  if (given !== undefined) requireOneOf('layout', given, LAYOUTS);
  const wanted = wantedIn(file, options);
  const { input, inputSize, output, inferred } = wanted;
  const facts = inferred.tensors.get(output);
  const batch = input.batch ?? 1;
  if (facts === undefined || facts.isFixed || !isFeatures(facts, batch)) {
    const names = candidates(file, inferred, batch).filter((name) => name !== output);
    const unknown = inferred.unknown.map(({ op }) => op);
    const list = showList(names, LISTED);
    const why =
      unknown.length === 0
        ? ''
        : `; operators of unknown shape: ${showList([...new Set(unknown)], LISTED)}`;
    return reject(
      'output',
      `a tensor of features [batch, height, width, channels], [batch, channels, height, width], [batch, tokens, channels] or [batch, channels]`,
      facts === undefined ? output : `${facts.type ?? 'unknown numbers'} ${show(facts.shape)}`,
      `choose one of ${list}${why}`,
    );
  }
  const rank = facts.shape.length;
  if (rank < 4 && given !== undefined) {
    reject('layout', `none for features of ${rank} axes`, given);
  }
  const made = given && layoutByMaking(file, inferred, input, output);
  if (made !== undefined && made !== given) {
    reject('layout', `'${made}', as the operators of ${quoted(output)} tell, or none`, given);
  }
  requireSmall(inferred, inputSize);
  return (
    shapedAs(file, wanted, given) ??
    reject(
      'layout',
      `'nhwc' or 'nchw' for features ${quoted(output)} of shape ${show(facts.shape)}`,
      undefined,
      'it can be either: pass the option',
    )
  );
}
