import type { AdamOutcome, Outcome } from 'resnet-heads';

/** A result of training with its epochs; fails if it isn't Adam's. */
export function byAdam<T extends Outcome>(outcome: T | undefined): T & AdamOutcome {
  if (outcome?.solver !== 'adam') throw new Error(`expected solver adam, got ${outcome?.solver}`);
  return outcome as T & AdamOutcome;
}
