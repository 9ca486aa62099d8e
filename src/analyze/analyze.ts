import { reject, requireKnown, requireOptions } from '../errors.js';
import { builtInCounters, type LayerCounter } from '../layers/cost/counters.js';
import { cost } from '../layers/cost/layer-cost.js';
import type { Shape } from '../layers/factory.js';
import { type AnalyzableModel, toLiveLayers } from './live.js';
import { isShape, type ModelStats, type Row, toModelStats } from './stats.js';
import { type Graph, readTopology } from './topology.js';
import { inputShapeOf, type Value, Walk } from './walk.js';

export interface AnalyzeOptions {
  /**
   * Shape of the input without the batch; for several inputs, a list with one shape each.
   * @default the model's own input shape, which must then be fully known
   */
  readonly inputShape?: Shape | readonly Shape[];
  /** Counters for further layer types, or in place of the built-in ones, by class name. */
  readonly counters?: Readonly<Record<string, LayerCounter>>;
}

const isModel = (source: object): source is AnalyzableModel =>
  'layers' in source && typeof (source as Partial<AnalyzableModel>).toJSON === 'function';

/** The shape of each input: as given in the options, or the model's own. */
function inputShapes(graph: Graph, inputShape: AnalyzeOptions['inputShape']): Shape[] {
  const own = graph.inputs.map((input) => inputShapeOf(graph, input));
  const given: readonly unknown[] =
    inputShape === undefined ? own : isShape(inputShape) ? [inputShape] : inputShape;
  if (given.length !== own.length) {
    reject('inputShape', `a shape for each of ${own.length} inputs`, inputShape);
  }
  return given.map((shape) => {
    if (isShape(shape)) return shape;
    const advice = 'pass the input shape without the batch: { inputShape: [224, 224, 3] }';
    return reject('inputShape', 'positive integers', inputShape ?? 'unknown sizes', advice);
  });
}

/**
 * Counts what an ONNX file costs. Each row is an operator that depends on the inputs, named after its output. Shapes have the file's own
 * order of axes; `inputShape` can also be `[height, width, channels]`. No parameter counts as trainable. A promise, because the reader is loaded on demand.
 *
 * @throws ArgumentError if an input's size is unknown, or the shape of an operator's output can't be inferred; WeightsError if the file is
 *   damaged
 */
export function analyze(onnx: Uint8Array, options?: AnalyzeOptions): Promise<ModelStats>;
/**
 * Counts what a model costs, in total and layer by layer: parameters, MACs, FLOPs and bytes. Accepts a
 * `tf.LayersModel` or only its topology: a TensorFlow.js `model.json`, a Keras config, or the `config.json` of a
 * `.keras` archive. Nested models and layers that are called more than once are supported.
 *
 * Allocates no tensors and needs no backend. In a `tf.LayersModel`, a layer that can't be counted has null MACs and is
 * listed in `uncounted`; its parameters are exact.
 *
 * @throws ArgumentError if the input's size is unknown, or if a topology is damaged or has a layer that can't be counted
 */
export function analyze(source: AnalyzableModel | object, options?: AnalyzeOptions): ModelStats;
export function analyze(
  source: AnalyzableModel | object,
  options: AnalyzeOptions = {},
): ModelStats | Promise<ModelStats> {
  requireOptions('model', source);
  requireKnown('options', options, { inputShape: true, counters: true });
  const { inputShape, counters = {} } = options;
  if (source instanceof Uint8Array) {
    return import('./onnx.js').then(({ analyzeOnnx }) => analyzeOnnx(source, inputShape, counters));
  }
  const live = isModel(source) ? source : undefined;
  const graph = readTopology(live ? live.toJSON(undefined, false) : source);
  const walk = new Walk(new Map([...builtInCounters(), ...Object.entries(counters)]));

  const shapes = inputShapes(graph, inputShape);
  const inputRows = graph.inputs.map(({ layer }, i): Row => ({
    ...cost('InputLayer', shapes[i] ?? []),
    name: layer,
    inputs: [],
  }));
  const inputs = inputRows.map(({ name, outputShape }): Value => ({
    row: name,
    shape: outputShape,
  }));
  const outputs = walk.run(graph, live && toLiveLayers(live.layers), inputs);

  const rows = [...inputRows, ...walk.rows];
  const outputShapes = outputs.map(({ shape }) => shape);
  return toModelStats(graph.name, shapes, outputShapes, rows);
}
