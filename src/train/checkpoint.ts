import { reject } from '../errors.js';
import { sameShape } from '../layers/cost/layer-cost.js';
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
  /** Accuracy in training less that in validation: what was learnt by heart. */
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

/** Keeps the state of a training run; in Node, `checkpointFile` of `resnet-heads/node`. */
export interface Checkpoint {
  /** What was saved last, or nothing. It throws where it can't be used: a run that begins anew writes over it. */
  load(): Promise<TrainingState | undefined>;
  save(state: TrainingState): Promise<void>;
}

/** Arrays of a state by what they are for; moments are told apart by what follows the weight's name. */
const ofState = ({ weights, moments, best }: TrainingState): readonly NamedArray[] => [
  ...weights,
  ...best,
  ...moments.map((array) => ({ ...array, name: array.name.replace(/\/(first|second)$/, '') })),
];

const described = (name: string, shape: readonly number[]): string => `${name} [${shape.join()}]`;

/**
 * Holds a state against the head that is to go on from it, before anything is set.
 *
 * @throws ArgumentError where it is of another head
 */
export function requireStateOf(weights: readonly Trainable[], state: TrainingState): void {
  const expected = weights.map(({ name, variable }) => described(name, variable.shape)).join(', ');
  const shapes = new Map(weights.map(({ name, variable }) => [name, variable.shape]));
  const foreign = ofState(state).find(({ name, shape }) => {
    const own = shapes.get(name);
    return own === undefined || !sameShape(own, shape);
  });
  const refuse = (part: string, got: string) =>
    reject(
      'checkpoint',
      `the ${part} of ${expected}`,
      got,
      'it is of another head or of other layers: resume it with those',
    );
  if (foreign !== undefined) refuse('state', described(foreign.name, foreign.shape));
  const { length } = weights;
  const { best } = state;
  // Without validation none are the best.
  const lengths = { weights: length, moments: 2 * length, best: best.length === 0 ? 0 : length };
  for (const part of ['weights', 'moments', 'best'] as const) {
    if (state[part].length !== lengths[part]) refuse(part, `${state[part].length} arrays`);
  }
}
