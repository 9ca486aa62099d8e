import type { Head } from 'resnet-heads';

export interface EvidenceHeadOptions {
  /** Number of classes, 2 or more. */
  readonly numClasses: number;
  /** Channels that the feature map is reduced to before the classes are scored. @default 64 */
  readonly width?: number;
  /** Dropout rate of the reduced map, 0 ≤ dropout < 1. @default 0 */
  readonly dropout?: number;
}

const DEFAULT_WIDTH = 64;

function requireInteger(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name}: expected a whole number of ${least} or more, got ${value}`);
  }
}

/**
 * Creates a head that scores each position of the map `[h, w, c]`, then averages the mean and the maximum over the positions,
 * followed by softmax: `[numClasses]`. It responds to objects that fill the picture and to those at a single position. It
 * takes one label per picture and works with any input size.
 *
 * It does not import TensorFlow.js: `apply` uses the layers that it is given, to build the head or to count its costs.
 *
 * @throws RangeError if an option is out of range
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
