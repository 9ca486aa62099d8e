import type { Head } from 'resnet-heads';

export interface EvidenceHeadOptions {
  /** 2 or more. */
  readonly numClasses: number;
  /** Channels that the map is narrowed to before classes are scored. @default 64 */
  readonly width?: number;
  /** Share of the narrowed map that is dropped in training, 0 ≤ dropout < 1. @default 0 */
  readonly dropout?: number;
}

const DEFAULT_WIDTH = 64;

function requireInteger(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name}: expected a whole number from ${least} up, got ${value}`);
  }
}

/**
 * Scores each position of the map `[h, w, c]`, and then the picture by the mean of the average position and the
 * strongest one, `[numClasses]`, under softmax: what fills the picture counts, and what is seen in a single place
 * counts, too. Takes one label a picture, and any input size.
 *
 * Nothing here is TensorFlow.js: the layers that are handed in build the head, or count it.
 *
 * @throws RangeError on an option out of range
 */
export function evidenceHead(options: EvidenceHeadOptions): Head {
  const { numClasses, width = DEFAULT_WIDTH, dropout = 0 } = options;
  requireInteger('numClasses', numClasses, 2);
  requireInteger('width', width, 1);
  if (!(dropout >= 0 && dropout < 1)) {
    throw new RangeError(`dropout: expected a number from 0 to below 1, got ${dropout}`);
  }
  return {
    name: 'evidence',
    apply(layers, features) {
      const narrow = layers.conv2d({
        name: 'evidence_narrow',
        filters: width,
        kernelSize: 1,
        activation: 'relu',
      })(features);
      const kept =
        dropout > 0 ? layers.dropout({ name: 'evidence_dropout', rate: dropout })(narrow) : narrow;
      const map = layers.dense({ name: 'evidence_map', units: numClasses })(kept);
      const average = layers.globalAveragePooling2d({ name: 'evidence_average' })(map);
      const peak = layers.globalMaxPooling2d({ name: 'evidence_peak' })(map);
      const both = layers.average({ name: 'evidence_both' })([average, peak]);
      return layers.activation({ name: 'evidence_scores', activation: 'softmax' })(both);
    },
  };
}
