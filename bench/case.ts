/** A process that runs what is timed: tfjs-node's backend, wasm's, Python, or Chromium. */
export type WorkerName = 'node' | 'wasm' | 'python' | 'chromium';

export interface Contestant {
  /** As tables call it. */
  readonly name: string;
  readonly worker: WorkerName;
  /** What of the worker's it is. */
  readonly work: string;
  /** Runs in a turn: more than one where a single one is too short for the clock. @default 1 */
  readonly runs?: number;
}

export interface Peer extends Contestant {
  /** What the ratio is meant to be at most. */
  readonly aim?: number;
}

/** A subject beside its peers. */
export interface Case {
  readonly name: string;
  /** How often each has its turn, after one that isn't counted. @default 7 */
  readonly rounds?: number;
  /** Whether each has one turn alone, which takes minutes, so that a first call's extra costs hardly count. */
  readonly isLong?: boolean;
  /** Works that have to be done once before, and aren't timed. */
  readonly before?: readonly Contestant[];
  readonly subject: Contestant;
  readonly peers: readonly Peer[];
  /** Whether to hold the peaks of memory beside one another, too, each in a process of its own. */
  readonly memory?: boolean;
}
