import type { Measured } from './data.js';

/**
 * Says which pictures were measured, and whether the accuracy is too optimistic.
 *
 * @param hint follows the number of pictures that were left out
 */
export function describeMeasured(
  { total, trainedOn, heldOut = 0, leftOut, excluded }: Measured & { readonly total: number },
  hint = '',
): string {
  if (trainedOn === undefined) {
    return 'The classifier has no record of its training pictures: if these are among them, expect a lower accuracy on others.';
  }
  if (trainedOn > 0) {
    return `The classifier was trained on ${trainedOn} of these ${total} pictures: expect a lower accuracy on others.`;
  }
  const why =
    excluded === 0
      ? 'which it was trained on,'
      : `which it was trained on or, ${excluded} of them, which were excluded from training,`;
  const measured =
    leftOut === 0
      ? 'The classifier was trained on none of these pictures.'
      : `The classifier was not trained on the measured pictures; ${leftOut} others, ${why} are left out${hint}.`;
  if (heldOut === 0) return measured;
  const which = heldOut === total ? 'The measured pictures' : `${heldOut} of the measured pictures`;
  return `${measured} ${which} were held out in training and may have helped to choose its settings: expect a slightly lower accuracy on others.`;
}
