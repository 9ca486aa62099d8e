import {
  buildDenseResnet,
  buildFlattenedResnet,
  buildPooledResnet,
  planResnet,
} from 'resnet-heads';
import type { Keras } from './keras.js';

/** Something that is timed: a run tells its milliseconds itself, or is timed from outside. */
export type Work = () => unknown;

export interface Peer {
  readonly name: string;
  /** How to run it once. */
  readonly run?: Work;
  /** Or how it times itself. */
  readonly time?: () => Promise<number>;
}

export interface Case {
  readonly name: string;
  /** Runs in a sample: more than one where a single run is too short for the clock. */
  readonly runs: number;
  readonly subject: Peer;
  readonly peers: readonly Peer[];
}

const SHAPE = { numClasses: 10, inputShape: [224, 224, 3] } as const;

const BUILDERS = {
  pooled: buildPooledResnet,
  flattened: buildFlattenedResnet,
  dense: buildDenseResnet,
} as const;

const HEADS = ['pooled', 'flattened', 'dense'] as const;

export const casesWith = (keras: Keras): readonly Case[] =>
  HEADS.map((head) => ({
    name: `plan/${head}`,
    runs: 20,
    subject: { name: 'planResnet', run: () => planResnet({ head, ...SHAPE }) },
    peers: [
      { name: 'the model built in tfjs-node', run: () => BUILDERS[head](SHAPE).dispose() },
      { name: 'the model built in Keras', time: () => keras.time(`build/${head}`) },
    ],
  }));
