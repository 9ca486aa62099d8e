import forwardJson from './forward.json';
import summariesJson from './summaries.json';

/** Name, type, output shape and parameters of a layer, as Keras's summary has them. */
export type GoldenLayer = readonly [string, string, readonly number[], number];

export interface GoldenSummary {
  readonly totals: {
    readonly params: number;
    readonly trainableParams: number;
    readonly nonTrainableParams: number;
    readonly outputShape: readonly number[];
  };
  readonly layers: readonly GoldenLayer[];
}

// JSON has no tuples, so its inferred type is wider than what scripts/goldens/keras_goldens.py writes.
export const summaries = summariesJson as unknown as {
  readonly bases: Readonly<Record<50 | 101 | 152, GoldenSummary>>;
  readonly heads: Readonly<Record<'pooled' | 'flattened' | 'dense', GoldenSummary>>;
};

export const forward = forwardJson;
