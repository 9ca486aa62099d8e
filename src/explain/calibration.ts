import { ArgumentError, reject } from '../errors.js';

/** Images whose predicted class had a similar probability. */
export interface CalibrationBin {
  /** Range of the probability of the predicted class: `from` is included only in the first bin, `to` in all. */
  readonly from: number;
  readonly to: number;
  readonly images: number;
  /** Mean probability of the predicted class; null without images. */
  readonly confidence: number | null;
  /** Share of the images that were predicted correctly; null without images. */
  readonly accuracy: number | null;
}

/** How well the probability of the predicted class agrees with how often that class is right. */
export interface Calibration {
  readonly kind: 'calibration';
  /**
   * Expected calibration error: the mean over the images of the difference between the confidence and the accuracy of their bin
   * (Guo et al. 2017, arXiv 1706.04599). It is above 0 by chance alone, the more so the fewer images there are.
   */
  readonly error: number;
  /** 15 bins of equal width from 0 to 1: the reliability diagram. */
  readonly bins: readonly CalibrationBin[];
}

/** As in Guo et al. 2017. */
const BINS = 15;

/**
 * Computes the expected calibration error and the bins of a reliability diagram, without tensors.
 *
 * @param right whether each image was predicted correctly
 * @param confidences the probability of the predicted class of each image
 * @throws ArgumentError if lengths differ, there are no images, or a probability isn't between 0 and 1
 */
export function calibrationOf(
  right: readonly boolean[],
  confidences: readonly number[],
): Calibration {
  if (right.length !== confidences.length || right.length === 0) {
    throw new ArgumentError(
      `confidences: expected one for each of at least one image, got ${confidences.length} for ${right.length}`,
    );
  }
  const sums = Array.from({ length: BINS }, () => ({ images: 0, confidence: 0, right: 0 }));
  for (const [i, confidence] of confidences.entries()) {
    // A softmax in float32 may sum to a little more than 1.
    if (!(confidence >= 0 && confidence < 1 + 1e-3)) {
      reject('confidences', 'probabilities from 0 to 1', confidence);
    }
    const bin = sums[Math.min(BINS - 1, Math.max(0, Math.ceil(confidence * BINS) - 1))];
    if (bin === undefined) continue;
    bin.images++;
    bin.confidence += confidence;
    bin.right += right[i] === true ? 1 : 0;
  }
  const gaps = sums.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.right), 0);
  return {
    kind: 'calibration',
    error: gaps / right.length,
    bins: sums.map(({ images, confidence, right: correct }, i) => ({
      from: i / BINS,
      to: (i + 1) / BINS,
      images,
      confidence: images === 0 ? null : confidence / images,
      accuracy: images === 0 ? null : correct / images,
    })),
  };
}
