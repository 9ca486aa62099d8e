import * as tf from '@tensorflow/tfjs';
import { analyze, type AnalyzeOptions } from '../analyze/analyze.js';
import type { AnalyzableModel } from '../analyze/live.js';
import { type CountedLayer, estimateMemory, type OptimizerName } from '../analyze/memory.js';
import { type LayerStats, type ModelStats, total, toStats } from '../analyze/stats.js';
import { type Backbone, isBackbone, requireBackbone } from '../backbone/backbone.js';
import { ArgumentError, type Names, present, reject, requireKnown } from '../errors.js';
import { type Head, isHead } from '../head/head.js';
import { headFor, type HeadSpec } from '../head/spec.js';
import type { PictureSet } from '../pictures/set.js';
import type { Shape } from '../layers/factory.js';
import { createTracer } from '../layers/trace.js';
import { type OnnxBase, onnxOf } from '../onnx/base.js';
import type { ComparedHead, HeadComparison, HeadTimes } from './comparison.js';
import { requireIdle, type TrialOptions } from './trial-options.js';
import type { Trial } from './trial.js';

export interface CompareOptions extends AnalyzeOptions, TrialOptions {
  /** @default 1 */
  readonly batchSize?: number;
  /** @default 'adam' */
  readonly optimizer?: OptimizerName;
  /**
   * Also times prediction and a training step on the active backend; the base must then be a backbone or a
   * `tf.LayersModel`. Only one head is in memory at a time. What needs more memory than the wasm backend has isn't timed. @default false
   */
  readonly measure?: boolean;
  /** Number of measurements of each head; heads take turns. @default 5 */
  readonly runs?: number;
}

const COMPARE_NAMES: Names<CompareOptions> = {
  inputShape: true,
  counters: true,
  batchSize: true,
  optimizer: true,
  measure: true,
  runs: true,
  pictures: true,
  numClasses: true,
  classes: true,
  folds: true,
  shift: true,
  epochs: true,
  learningRate: true,
  seed: true,
  cacheFolder: true,
  engine: true,
  strict: true,
  signal: true,
  onProgress: true,
  onWarning: true,
};

const CHANNELS = 3;

interface BaseFeatures {
  readonly layers: readonly LayerStats[];
  readonly shape: Shape;
  /** Name of the row that computes them. */
  readonly row: string;
}

function countHead(head: Head, base: BaseFeatures, options: CompareOptions): ComparedHead {
  const { input, layers, traced } = createTracer();
  const features = input({ name: base.row, shape: base.shape });
  const output = head.apply(layers, features) as ReturnType<typeof input> | undefined;
  if (output?.shape === undefined || output === features) {
    reject(`head "${head.name}"`, 'apply() to return the output of its last layer', output);
  }
  const own = traced.slice(1);
  const rows = [...base.layers, ...own];
  const [ofHead, totals] = [total(own), total(rows)];
  const counted: CountedLayer[] = [
    ...base.layers.map((row) => ({ ...row, part: 'base' as const })),
    ...own.map((row) => ({ ...toStats(row, totals.params), part: 'head' as const })),
  ];
  const { batchSize = 1, optimizer = 'adam' } = options;
  const memory = (train: 'head' | 'cached') =>
    estimateMemory({ layers: counted }, { batchSize, optimizer, train });
  return {
    name: head.name,
    outputShape: output.shape,
    head: ofHead,
    totals,
    headShare: totals.params === 0 ? 0 : ofHead.params / totals.params,
    memory: memory('head'),
    cached: memory('cached').training,
  };
}

// Imported on demand: counting heads doesn't need it.
const trials = () => import('./trial.js');

async function stopwatchOn(base: unknown, { measure = false, engine }: CompareOptions) {
  if (!measure) return undefined;
  return (await import('./measure-head.js')).startStopwatch(base, engine);
}

async function picturesFor(base: unknown, options: CompareOptions) {
  const { pictures } = options;
  if (pictures === undefined) {
    requireIdle(options);
    return undefined;
  }
  requireBackbone(base);
  return (await trials()).readTrialPictures(pictures, options);
}

/**
 * Compares heads on a base: parameters, MACs, size on disk, and memory to predict and to train. With `measure` it also
 * times them, and with `pictures` it trains each by cross-validation and compares their accuracy, calibration and robustness to a
 * shift. The feature maps of all pictures are then in main memory.
 *
 * @example await compareHeads(backbone, ['pooled', 'flattened', 'dense'], { pictures: 'photos' })
 * @param base a backbone, a `tf.LayersModel` with one output `[batch, h, w, c]`, or its topology; it is not changed
 * @param heads names, names with options, or heads such as `pooledHead()` returns
 * @throws ArgumentError if the base has another output, a head doesn't fit it, or an option is wrong
 */
export async function compareHeads(
  base: Backbone | AnalyzableModel | object,
  heads: readonly HeadSpec[],
  options: CompareOptions = {},
): Promise<HeadComparison> {
  requireKnown('options', options, COMPARE_NAMES);
  const given: unknown = heads;
  if (!Array.isArray(given) || given.length === 0) {
    reject('heads', "a list of heads, such as ['pooled', 'flattened']", given);
  }
  return compareRead(base, heads, options, () => picturesFor(base, options));
}

/** {@link compareHeads}, with what reads the pictures if there are any. */
export async function compareRead(
  base: Backbone | AnalyzableModel | object,
  heads: readonly HeadSpec[],
  options: CompareOptions,
  read: () => Promise<PictureSet | undefined>,
): Promise<HeadComparison> {
  const model = isBackbone(base) ? base.model : base;
  const { inputShape, counters } = options;
  const onnx = model instanceof tf.LayersModel ? onnxOf(model) : undefined;
  const stats = onnx ? await analyzeFile(onnx, options) : analyze(model, { inputShape, counters });
  const [featureShape, ...others] = stats.outputShapes;
  if (featureShape?.length !== 3 || others.length > 0) {
    const got = stats.outputShapes.map((shape) => `[${shape.join(', ')}]`).join(' and ');
    throw new ArgumentError(
      `base: expected one output [height, width, channels], got ${got}; cut it at its feature map`,
    );
  }
  const set = await read();
  const trial = set && (await (await trials()).startTrial(base, set, heads, options));
  return compareOn(model, stats, featureShape, heads, { options, trial });
}

/** Counts an ONNX file's operators. Its input may have channels first; that of its backbone never has. */
async function analyzeFile(
  { bytes, features }: OnnxBase,
  { inputShape = [...features.inputSize, CHANNELS], counters }: CompareOptions,
): Promise<ModelStats> {
  const stats = await analyze(bytes, { inputShape, counters });
  return { ...stats, inputShapes: [[...features.inputSize, CHANNELS]] };
}

/** The heads, each with a unique name. */
function chooseHeads(specs: readonly HeadSpec[], numClasses: number | undefined) {
  const heads = specs.map((spec) => {
    if (isHead(spec)) return spec;
    if (numClasses === undefined) {
      reject('numClasses', 'the number of classes, for heads given by name', numClasses);
    }
    return headFor(spec, numClasses);
  });
  return heads.map((head, index) => {
    const count = heads.slice(0, index + 1).filter(({ name }) => name === head.name).length;
    return { head, name: count === 1 ? head.name : `${head.name} (${count})` };
  });
}

async function compareOn(
  model: AnalyzableModel | object,
  stats: ModelStats,
  featureShape: Shape,
  specs: readonly HeadSpec[],
  { options, trial }: { readonly options: CompareOptions; readonly trial: Trial | undefined },
): Promise<HeadComparison> {
  // The model's only output is computed last.
  const row = present(stats.layers.at(-1), 'layer').name;
  const inputShape = present(stats.inputShapes[0], 'input');
  const features: BaseFeatures = { layers: stats.layers, shape: featureShape, row };
  const tried: { readonly head: Head; readonly costs: ComparedHead }[] = [];
  let times: readonly HeadTimes[] | undefined;
  const heads = chooseHeads(specs, trial?.classes.length ?? options.numClasses);
  const stopwatch = await stopwatchOn(model, options);
  try {
    for (const { head, name } of heads) {
      const counted = { ...countHead(head, features, options), name };
      const fit = trial && { fit: await (await trials()).tryHead(head, counted, trial, options) };
      tried.push({ head, costs: { ...counted, ...fit } });
    }
    times = await stopwatch?.time(tried, { ...options, inputShape, featureShape });
  } finally {
    await stopwatch?.dispose();
  }
  const compared = tried.map(({ costs }, i) =>
    times ? { ...costs, times: present(times[i], 'times') } : costs,
  );
  const [{ findingsOf }, { recommend }] = await Promise.all([
    import('./findings.js'),
    import('./recommend.js'),
  ]);
  const recommendation = recommend(compared, trial?.facts.majority);
  return {
    kind: 'comparison',
    base: {
      name: stats.name,
      inputShape,
      featureShape,
      totals: stats.totals,
      uncounted: stats.uncounted,
    },
    heads: compared,
    ...(trial && { trial: trial.facts }),
    ...(recommendation && { recommendation }),
    findings: findingsOf(compared, stats.uncounted, recommendation),
  };
}
