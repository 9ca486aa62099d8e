/**
 * What tells how familiar a picture is: a class's mean descriptor and how descriptors vary around it, as a Mahalanobis distance
 * sees them, and the distances of pictures that were held out. A descriptor is the feature map averaged over its positions, of
 * length 1.
 *
 * On MobileNet's features this separates held-out flowers and digits from known ones better than the distance to the nearest
 * training pictures does, and it needs (classes + 32) × channels numbers however many pictures there are.
 */
export interface Familiarity {
  /** Mean descriptors of the classes, `[classes, channels]`. */
  readonly means: Float32Array;
  /** The directions in which descriptors of one class vary most, `[channels, directions]`. */
  readonly directions: Float32Array;
  /** What a squared distance along each direction counts, less 1; from −1 to 0. */
  readonly scales: Float32Array;
  /** Squared distances of held-out pictures to the nearest class, ascending. */
  readonly heldOut: Float32Array;
}

/** Where distances are measured. */
export type Space = Pick<Familiarity, 'means' | 'directions' | 'scales'>;

/** Pictures below this familiarity are rejected: one in twenty of the held-out pictures. */
export const UNFAMILIAR = 0.05;

/**
 * Fewest held-out pictures that familiarity is measured on. Of fewer, none has a share below 5 % but 0: `reject` would then take the
 * farthest picture for its limit.
 */
export const LEAST_HELD_OUT = 20;

/** The share of held-out pictures whose distance is at least as large. */
export function shareBeyond(heldOut: Float32Array, distance: number): number {
  return heldOut.filter((each) => each >= distance).length / heldOut.length;
}

/** Name of the file that it is saved in. */
export const FAMILIARITY_FILE = 'familiarity.safetensors';
