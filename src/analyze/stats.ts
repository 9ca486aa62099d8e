import { type LayerCost, volume } from '../layers/cost/layer-cost.js';
import type { Shape } from '../layers/factory.js';

/** What layers cost together; each figure is the sum over them. */
export interface Totals {
  readonly params: number;
  readonly trainableParams: number;
  readonly nonTrainableParams: number;
  /** Multiply–accumulates of one image's forward pass, convolutions and dense layers only. */
  readonly macs: number;
  /** Two for each MAC: a multiplication and an addition. */
  readonly flops: number;
  /** All parameters as float32. */
  readonly weightBytes: number;
  /** All layers' outputs for one image as float32. Few are held at once; see `estimateMemory`. */
  readonly activationBytes: number;
}

/** One call of a layer. */
export interface LayerStats {
  /** Within nested models a path, `block/conv`; the second call of a layer is `conv#2`. */
  readonly name: string;
  /** Keras's class name. */
  readonly type: string;
  /** Without the batch dimension. */
  readonly outputShape: Shape;
  /** Names of the rows whose outputs it takes. */
  readonly inputs: readonly string[];
  /** 0 for a further call of a layer, whose weights are counted at its first. */
  readonly params: number;
  readonly trainableParams: number;
  /** Of one image's forward pass; null where nobody knows how to count them. */
  readonly macs: number | null;
  /** Two for each MAC. */
  readonly flops: number | null;
  /** Parameters as float32. */
  readonly weightBytes: number;
  /** The output for one image as float32. */
  readonly activationBytes: number;
  /** Of all parameters, 0 to 1. */
  readonly share: number;
}

/** What a model costs, layer by layer and in all. Shapes have no batch dimension. */
export interface ModelStats {
  readonly kind: 'model';
  readonly name: string;
  readonly inputShapes: readonly Shape[];
  readonly outputShapes: readonly Shape[];
  readonly totals: Totals;
  /** Rows whose MACs are missing from the totals. */
  readonly uncounted: readonly string[];
  /** In an order in which they can be computed. */
  readonly layers: readonly LayerStats[];
}

/** A layer's cost, before its share is known. */
export interface Row extends Omit<LayerCost, 'macs'> {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly macs: number | null;
}

export const BYTES_PER_FLOAT32 = 4;
const FLOPS_PER_MAC = 2;

const activationBytes = (row: Row): number => BYTES_PER_FLOAT32 * volume(row.outputShape);

export function total(rows: readonly Row[]): Totals {
  const sum = (count: (row: Row) => number) =>
    rows.reduce((running, row) => running + count(row), 0);
  const params = sum((row) => row.params);
  const trainableParams = sum((row) => row.trainableParams);
  const macs = sum((row) => row.macs ?? 0);
  return {
    params,
    trainableParams,
    nonTrainableParams: params - trainableParams,
    macs,
    flops: FLOPS_PER_MAC * macs,
    weightBytes: BYTES_PER_FLOAT32 * params,
    activationBytes: sum(activationBytes),
  };
}

/** Adds what follows from a row's counts. */
export function toStats<M extends number | null>(
  row: Row & { readonly macs: M },
  allParams: number,
): LayerStats & { readonly macs: M; readonly flops: M } {
  const { name, type, outputShape, inputs, params, trainableParams, macs } = row;
  return {
    name,
    type,
    outputShape,
    inputs,
    params,
    trainableParams,
    macs,
    flops: (macs === null ? null : FLOPS_PER_MAC * macs) as M,
    weightBytes: BYTES_PER_FLOAT32 * params,
    activationBytes: activationBytes(row),
    share: allParams === 0 ? 0 : params / allParams,
  };
}
