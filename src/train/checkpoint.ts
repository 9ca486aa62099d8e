import { ArgumentError, showList } from '../errors.js';
import type { NamedArray } from '../weights/formats/named-array.js';
import type { Trainable } from './adam.js';

/** How well a head does on pictures; accuracies are fractions from 0 to 1. */
export interface Figures {
  /** Mean cross-entropy on the training pictures. */
  readonly loss: number;
  /** On the training pictures. */
  readonly accuracy: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
  /** Training accuracy minus validation accuracy: the generalisation gap. */
  readonly gap?: number;
}

/** Figures from the loss and accuracy on the training pictures and, if there are any, on the validation pictures. */
export function figuresOf(
  { loss, accuracy }: Pick<Figures, 'loss' | 'accuracy'>,
  held?: Pick<Figures, 'loss' | 'accuracy'>,
): Figures {
  if (held === undefined) return { loss, accuracy };
  const [validationLoss, validationAccuracy] = [held.loss, held.accuracy];
  return { loss, accuracy, validationLoss, validationAccuracy, gap: accuracy - validationAccuracy };
}

/** The loss and accuracy on validation pictures; undefined if there were none. */
export function heldOf({
  validationLoss: loss,
  validationAccuracy: accuracy,
}: Figures): Pick<Figures, 'loss' | 'accuracy'> | undefined {
  return loss === undefined || accuracy === undefined ? undefined : { loss, accuracy };
}

/** The results of one epoch. Loss and accuracy are means over the epoch's steps, as in Keras; the weights change between them. */
export interface Epoch extends Figures {
  /** Counted from 0. */
  readonly epoch: number;
}

/** The state of training after an epoch: all that is needed to resume it as if it had never been interrupted. */
export interface TrainingState {
  readonly history: readonly Epoch[];
  readonly bestEpoch: number;
  /** Steps that Adam has taken. */
  readonly steps: number;
  readonly weights: readonly NamedArray[];
  /** Adam's two moments of each weight. */
  readonly moments: readonly NamedArray[];
  /** Weights of the best epoch; empty without validation. */
  readonly best: readonly NamedArray[];
}

/** Stores the state of a training run, so that it can be resumed. */
export interface Checkpoint {
  /** Returns the last saved state, if there is one. Throws if it can't be used, as a new run would overwrite it. */
  load(): Promise<TrainingState | undefined>;
  save(state: TrainingState): Promise<void>;
}

/** Saving takes this long before it is done less often. */
const LONG_MS = 1000;
/** Training goes on at least this many times as long as the last save took. */
const REST = 10;

/**
 * Saves states after epochs, or less often if that takes long: the state of a flattened head of 51 million weights is 822 MB, and
 * took as long to write as an epoch on 160 pictures.
 */
export class CheckpointSaver {
  private took = 0;
  private ended = 0;
  private isBehind = false;

  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly now = () => performance.now(),
  ) {}

  /** Saves the state, unless it is too early. */
  async offer(state: () => Promise<TrainingState>): Promise<void> {
    this.isBehind = this.took > LONG_MS && this.now() - this.ended < REST * this.took;
    if (!this.isBehind) await this.save(state);
  }

  /** Saves the state if it hasn't been saved. */
  async finish(state: () => Promise<TrainingState>): Promise<void> {
    if (this.isBehind) await this.save(state);
  }

  private async save(state: () => Promise<TrainingState>): Promise<void> {
    const begin = this.now();
    await this.checkpoint.save(await state());
    this.ended = this.now();
    this.took = this.ended - begin;
    this.isBehind = false;
  }
}

/** How many arrays an error message lists: all those of a head, some of a base's. */
const MOST_SHOWN = 6;

const described = ({ name, shape }: { readonly name: string; readonly shape: readonly number[] }) =>
  `${name} [${shape.join()}]`;

/** Lists arrays for an error message, those that the other side lacks first. */
function showArrays(arrays: readonly string[], others: readonly string[]): string {
  const unlike = arrays.filter((each) => !others.includes(each));
  const alike = arrays.filter((each) => others.includes(each));
  return showList([...unlike, ...alike], MOST_SHOWN);
}

/**
 * Checks that a state fits the weights and Adam's moments, before any are set.
 *
 * @throws ArgumentError if it belongs to other weights
 */
export function requireStateOf(
  weights: readonly Trainable[],
  moments: readonly Trainable[],
  state: TrainingState,
): void {
  for (const [part, own] of Object.entries({ weights, moments, best: weights })) {
    const given = state[part as 'weights' | 'moments' | 'best'].map(described).sort();
    // Without validation, there are no best weights.
    if (part === 'best' && given.length === 0) continue;
    const wanted = own.map(({ name, variable: { shape } }) => described({ name, shape })).sort();
    if (given.join() === wanted.join()) continue;
    throw new ArgumentError(
      `checkpoint: expected the ${part} ${showArrays(wanted, given)}, got ${showArrays(given, wanted)}; it was saved for another head or other layers: resume with those`,
    );
  }
}
