import { volume } from '../layers/cost/layer-cost.js';
import type { Shape } from '../layers/factory.js';

type OpenShape = (number | null)[];

/** The part of a `tf.LayersModel` that `analyze` uses, so that its types don't need TensorFlow.js. */
export interface AnalyzableModel {
  readonly name: string;
  readonly layers: readonly {
    readonly name: string;
    /** The layers of a nested model. */
    readonly layers?: AnalyzableModel['layers'];
    readonly weights: readonly { readonly shape: readonly (number | null)[] }[];
    readonly trainableWeights: readonly { readonly shape: readonly (number | null)[] }[];
    computeOutputShape(
      inputShape: (number | null)[] | (number | null)[][],
    ): (number | null)[] | (number | null)[][];
  }[];
  toJSON(unused?: unknown, returnString?: boolean): unknown;
}

type AnalyzableLayer = AnalyzableModel['layers'][number];

/** A layer of a model in memory. */
export interface LiveLayer {
  weights(): { readonly params: number; readonly trainableParams: number };
  /** Shapes have no batch dimension. */
  outputShape(inputShapes: readonly Shape[]): Shape;
  readonly layers: LiveLayers;
}

export type LiveLayers = ReadonlyMap<string, LiveLayer>;

const count = (weights: AnalyzableLayer['weights']): number =>
  weights.reduce((sum, { shape }) => sum + volume(shape as Shape), 0);

const isMany = (shape: OpenShape | OpenShape[]): shape is OpenShape[] => Array.isArray(shape[0]);

function toLive(layer: AnalyzableLayer): LiveLayer {
  return {
    weights: () => ({
      params: count(layer.weights),
      trainableParams: count(layer.trainableWeights),
    }),
    outputShape: (inputShapes) => {
      const shapes = inputShapes.map((shape): OpenShape => [null, ...shape]);
      const [only = []] = shapes;
      const output = layer.computeOutputShape(shapes.length === 1 ? only : shapes);
      const first = isMany(output) ? (output[0] ?? []) : output;
      return first.slice(1).map((size) => size ?? NaN);
    },
    layers: toLiveLayers(layer.layers ?? []),
  };
}

export function toLiveLayers(layers: readonly AnalyzableLayer[]): LiveLayers {
  return new Map(layers.map((layer) => [layer.name, toLive(layer)]));
}
