import { ArgumentError, showList } from '../errors.js';
import type { NamedArray } from '../weights/formats/named-array.js';
import type { Trainable } from './adam.js';

/** What one epoch came to; accuracies are shares of images, 0 to 1. */
export interface Epoch {
  readonly epoch: number;
  /** Mean over the epoch's steps. */
  readonly loss: number;
  /** On what it was trained on, after the epoch. */
  readonly accuracy: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
  /** Accuracy in training less that in validation: the generalisation gap. */
  readonly gap?: number;
}

/** Where training stands after an epoch: enough to go on as if it had never been interrupted. */
export interface TrainingState {
  readonly history: readonly Epoch[];
  readonly bestEpoch: number;
  /** Steps that Adam has taken. */
  readonly steps: number;
  readonly weights: readonly NamedArray[];
  /** Adam's two moments of each weight. */
  readonly moments: readonly NamedArray[];
  /** Weights of the best epoch; none where there is no validation. */
  readonly best: readonly NamedArray[];
}

/** Keeps the state of a training run, so that an interrupted one can be continued. */
export interface Checkpoint {
  /** What was saved last, or nothing. It throws where it can't be used: a run that begins anew writes over it. */
  load(): Promise<TrainingState | undefined>;
  save(state: TrainingState): Promise<void>;
}

/** How many arrays of a part are shown: all those of a head, of a base's some. */
const MOST_SHOWN = 6;

const described = ({ name, shape }: { readonly name: string; readonly shape: readonly number[] }) =>
  `${name} [${shape.join()}]`;

/** Arrays as an error shows them, those that the other side lacks first. */
function showArrays(arrays: readonly string[], others: readonly string[]): string {
  const unlike = arrays.filter((each) => !others.includes(each));
  const alike = arrays.filter((each) => others.includes(each));
  return showList([...unlike, ...alike], MOST_SHOWN);
}

/**
 * Holds a state against the weights that are to go on from it, and Adam's moments, before anything is set.
 *
 * @throws ArgumentError where it is of others
 */
export function requireStateOf(
  weights: readonly Trainable[],
  moments: readonly Trainable[],
  state: TrainingState,
): void {
  for (const [part, own] of Object.entries({ weights, moments, best: weights })) {
    const given = state[part as 'weights' | 'moments' | 'best'].map(described).sort();
    // Without validation none are the best.
    if (part === 'best' && given.length === 0) continue;
    const wanted = own.map(({ name, variable: { shape } }) => described({ name, shape })).sort();
    if (given.join() === wanted.join()) continue;
    throw new ArgumentError(
      `checkpoint: expected the ${part} ${showArrays(wanted, given)}, got ${showArrays(given, wanted)}; it is of another head or of other layers: resume it with those`,
    );
  }
}
