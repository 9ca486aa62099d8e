import type { Measured } from './data.js';

/** "8 pictures that it was trained on and 1 that was excluded from training are". */
function leftOutText(leftOut: number, excluded: number): string {
  const trainedOn = leftOut - excluded;
  const pictures = (count: number) => (count === 1 ? '1 picture' : `${count} pictures`);
  const one = excluded === 1;
  const parts = [
    trainedOn > 0 && `${pictures(trainedOn)} that it was trained on`,
    excluded > 0 &&
      `${trainedOn > 0 ? excluded : pictures(excluded)} that ${one ? 'was' : 'were'} excluded from training`,
  ];
  return `${parts.filter(Boolean).join(' and ')} ${leftOut === 1 ? 'is' : 'are'}`;
}

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
  const measured =
    leftOut === 0
      ? 'The classifier was trained on none of these pictures.'
      : `The classifier was not trained on the measured pictures; ${leftOutText(leftOut, excluded)} left out${hint}.`;
  if (heldOut === 0) return measured;
  const which = heldOut === total ? 'The measured pictures' : `${heldOut} of the measured pictures`;
  return `${measured} ${which} were held out in training and may have helped to choose its settings: expect a slightly lower accuracy on others.`;
}
