import { ArgumentError } from '../errors.js';
import { type LayerCost, volume } from '../layers/cost/layer-cost.js';
import type { Shape } from '../layers/factory.js';

/** The total cost of several layers. */
export interface Totals {
  readonly params: number;
  readonly trainableParams: number;
  readonly nonTrainableParams: number;
  /** Multiply–accumulates of the forward pass of one image, in convolutions and dense layers. */
  readonly macs: number;
  /** 2 × MACs: a multiplication and an addition each. */
  readonly flops: number;
  /** Bytes of all parameters: as float32, those of an ONNX file in the types that it holds them in. */
  readonly weightBytes: number;
  /** Bytes of all layers' outputs for one image, in the same types. Not all are held at once; see `estimateMemory`. */
  readonly activationBytes: number;
}

/** The cost of one call of a layer. */
export interface LayerStats {
  /** The layer's name, or that of an ONNX operator's output; a path such as `block/conv` in nested models, and `conv#2` for a layer's second call. */
  readonly name: string;
  /** Keras's class name, or the name of an ONNX operator. */
  readonly type: string;
  /** Without the batch dimension. */
  readonly outputShape: Shape;
  /** Names of the rows whose outputs are its inputs. */
  readonly inputs: readonly string[];
  /** Parameters; 0 in further calls of a layer, as its weights are counted in the first. */
  readonly params: number;
  readonly trainableParams: number;
  /** Multiply–accumulates of the forward pass of one image; null if they can't be counted. */
  readonly macs: number | null;
  /** 2 × MACs. */
  readonly flops: number | null;
  /** Bytes of the parameters, as in {@link Totals}. */
  readonly weightBytes: number;
  /** Bytes of the output for one image, as in {@link Totals}. */
  readonly activationBytes: number;
  /** The layer's share of all parameters, 0 to 1. */
  readonly share: number;
}

/** The costs of a model, in total and layer by layer. Shapes have no batch dimension. */
export interface ModelStats {
  readonly kind: 'model';
  /** What the rows are: layers, or operators of an ONNX file, which can't be trained here. */
  readonly source: 'layers' | 'onnx';
  readonly name: string;
  readonly inputShapes: readonly Shape[];
  readonly outputShapes: readonly Shape[];
  readonly totals: Totals;
  /** Types of the weights, beginning with that of the most bytes; `['float32']` for layers. */
  readonly weightTypes: readonly string[];
  /** Names of the layers whose MACs are unknown; `totals` leave these MACs out. */
  readonly uncounted: readonly string[];
  /** Each layer after its inputs. */
  readonly layers: readonly LayerStats[];
}

/** A layer's cost, without its share of the total. */
export interface Row extends Omit<LayerCost, 'macs'> {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly macs: number | null;
  /** If they aren't float32. */
  readonly weightBytes?: number;
  readonly activationBytes?: number;
}

export const BYTES_PER_FLOAT32 = 4;
const FLOPS_PER_MAC = 2;

const weightBytes = (row: Row): number => row.weightBytes ?? BYTES_PER_FLOAT32 * row.params;

const activationBytes = (row: Row): number =>
  row.activationBytes ?? BYTES_PER_FLOAT32 * volume(row.outputShape);

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
    weightBytes: sum(weightBytes),
    activationBytes: sum(activationBytes),
  };
}

export const isShape = (value: unknown): value is Shape =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && Number(size) > 0);

/**
 * @param onnxTypes of an ONNX file, the types of its weights
 * @throws ArgumentError if the MACs are beyond 2^53
 */
export function toModelStats(
  name: string,
  inputShapes: readonly Shape[],
  outputShapes: readonly Shape[],
  rows: readonly Row[],
  onnxTypes?: readonly string[],
): ModelStats {
  const totals = total(rows);
  if (!Number.isSafeInteger(totals.macs)) {
    throw new ArgumentError(`model: expected counts below 2^53, got ${totals.macs} MACs`);
  }
  return {
    ...{ kind: 'model', source: onnxTypes === undefined ? 'layers' : 'onnx' },
    ...{ name, inputShapes, outputShapes, totals },
    weightTypes: onnxTypes ?? ['float32'],
    uncounted: rows.filter(({ macs }) => macs === null).map((row) => row.name),
    layers: rows.map((row) => toStats(row, totals.params)),
  };
}

/** Adds the figures that are derived from a row's counts. */
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
    weightBytes: weightBytes(row),
    activationBytes: activationBytes(row),
    share: allParams === 0 ? 0 : params / allParams,
  };
}
