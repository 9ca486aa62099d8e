import { ArgumentError, present, reject, requireOptions } from '../errors.js';
import { type Head, isHead } from '../head/head.js';
import type { Shape } from '../layers/factory.js';
import { createTracer } from '../layers/trace.js';
import type { Features } from '../train/features.js';
import { fitHead, type FitHeadOptions } from '../train/fit-head.js';
import { analyze, type AnalyzeOptions } from '../analyze/analyze.js';
import type { ComparedHead, HeadComparison, HeadFit } from './comparison.js';
import { findingsOf } from './findings.js';
import { measureHead } from './measure-head.js';
import type { AnalyzableModel } from '../analyze/live.js';
import { type CountedLayer, estimateMemory, type OptimizerName } from '../analyze/memory.js';
import { type LayerStats, total, toStats } from '../analyze/stats.js';

/** Pictures to try heads on: what the base makes of them, by `extractFeatures`. */
export interface Trial extends Pick<
  FitHeadOptions,
  'epochs' | 'batchSize' | 'learningRate' | 'seed'
> {
  readonly training: Features;
  readonly validation: Features;
}

export interface CompareOptions extends AnalyzeOptions {
  /** @default 1 */
  readonly batchSize?: number;
  /** @default 'adam' */
  readonly optimizer?: OptimizerName;
  /**
   * Times predicting and a training step, too, on the current backend; the base must then be a
   * `tf.LayersModel`. One head is built at a time, and disposed. @default false
   */
  readonly measure?: boolean;
  /** How often to measure each, after a warm-up. @default 5 */
  readonly runs?: number;
  /** Features of pictures of your own, on which each head is trained. They stay yours. @default none */
  readonly trial?: Trial;
}

interface BaseFeatures {
  readonly layers: readonly LayerStats[];
  readonly shape: Shape;
  /** Name of the row whose output they are. */
  readonly row: string;
}

function countHead(head: Head, base: BaseFeatures, options: CompareOptions): ComparedHead {
  const { input, layers, traced } = createTracer();
  const features = input({ name: base.row, shape: base.shape });
  const output = head.apply(layers, features);
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

/** Catches a trial that can't be run before any head is measured. */
function requireTrial(trial: unknown): void {
  requireOptions('trial', trial);
  const { training, validation } = trial as Partial<Trial>;
  requireOptions('trial.training', training);
  requireOptions('trial.validation', validation);
}

async function tryHead(head: Head, { training, ...options }: Trial): Promise<HeadFit> {
  const begin = performance.now();
  const { head: trained, history, bestEpoch } = await fitHead(head, training, options);
  trained.dispose();
  const best = present(history[bestEpoch], 'the best epoch');
  const { accuracy, validationAccuracy = NaN, gap = NaN } = best;
  const seconds = (performance.now() - begin) / 1_000;
  return { accuracy, validationAccuracy, gap, epochs: history.length, seconds };
}

/**
 * What heads on a base cost, side by side: parameters, MACs, memory to predict and to train, size on disk
 * and, if asked, the time that predicting and a training step take, and how each does on pictures.
 *
 * @param base a `tf.LayersModel` with one output `[batch, h, w, c]`, or its topology; it is left as it is
 * @throws ArgumentError where the base has another output, a head can't take it, or an option is wrong
 */
export async function compareHeads(
  base: AnalyzableModel | object,
  heads: readonly Head[],
  options: CompareOptions = {},
): Promise<HeadComparison> {
  requireOptions('options', options);
  const given: unknown = heads;
  if (!Array.isArray(given) || given.length === 0 || !given.every(isHead)) {
    reject('heads', 'a list of heads such as pooledHead() returns', given);
  }

  if (options.trial !== undefined) requireTrial(options.trial);
  const stats = analyze(base, options);
  const [featureShape, ...others] = stats.outputShapes;
  if (featureShape?.length !== 3 || others.length > 0) {
    const got = stats.outputShapes.map((shape) => `[${shape.join(', ')}]`).join(' and ');
    throw new ArgumentError(
      `base: expected one output [height, width, channels], got ${got}; cut it at its feature map`,
    );
  }
  // What is computed last is what was asked for.
  const { name: row } = present(stats.layers.at(-1), 'a layer');
  const inputShape = present(stats.inputShapes[0], 'an input');
  const features: BaseFeatures = { layers: stats.layers, shape: featureShape, row };
  const compared: ComparedHead[] = [];
  for (const [index, head] of heads.entries()) {
    const count = heads.slice(0, index + 1).filter(({ name }) => name === head.name).length;
    const name = count === 1 ? head.name : `${head.name} (${count})`;
    const counted = { ...countHead(head, features, options), name };
    const fit = options.trial && { fit: await tryHead(head, options.trial) };
    if (options.measure === true) {
      const times = await measureHead(base, head, {
        ...options,
        inputShape,
        featureShape,
      });
      compared.push({ ...counted, times, ...fit });
    } else {
      compared.push({ ...counted, ...fit });
    }
  }
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
    findings: findingsOf(compared, stats.uncounted),
  };
}
