import type { Backbone } from 'resnet-heads';
import type { Pool } from '../draws.js';
import type { Variant } from '../variants.js';

/** Pictures to train heads on and to test them with, and the frozen backbone under the heads. */
export interface Task extends Pool {
  readonly name: string;
  readonly title: string;
  readonly classes: readonly string[];
  readonly backbone: Backbone;
  /** What the backbone is, for the page. */
  readonly description: string;
  /** Pixels of each picture: RGB, of the backbone's input size. */
  readonly pictures: readonly Uint8Array[];
  /** The changes of test pictures that leave their class as it is. */
  readonly variants: readonly Variant[];
}
