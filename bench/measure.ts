import { spread } from '../src/compare/spread.js';
import type { Case, Peer } from './case.js';
import type { Workers } from './processes.js';

/** One comparison: `ratio` is the subject's median over the peer's. */
export interface Ratio {
  readonly case: string;
  readonly subject: string;
  readonly peer: string;
  readonly ratio: number;
  readonly subjectMs: number;
  readonly peerMs: number;
}

/** The same of the peaks of memory. */
export interface MemoryRatio {
  readonly case: string;
  readonly subject: string;
  readonly peer: string;
  readonly ratio: number;
  readonly subjectMB: number;
  readonly peerMB: number;
}

export interface Measured {
  readonly times: readonly Ratio[];
  readonly peaks: readonly MemoryRatio[];
}

/** Enough for a median that a disturbance or two doesn't move. */
const ROUNDS = 7;

const BYTES_PER_MB = 1e6;

/** Takes turns, one of which isn't counted unless it is the only one; medians in milliseconds. */
export async function medianTimes(
  all: readonly (() => Promise<readonly number[]>)[],
  rounds = ROUNDS,
  isLong = false,
): Promise<number[]> {
  const samples = all.map((): number[] => []);
  for (let round = isLong ? rounds : 0; round <= rounds; round++) {
    for (const [i, time] of all.entries()) {
      const taken = await time();
      if (round > 0) samples[i]?.push(...taken);
    }
  }
  return samples.map((each) => spread(each).median);
}

async function peaks({ subject, peers }: Case, workers: Workers): Promise<number[]> {
  const found: number[] = [];
  for (const each of [subject, ...peers]) {
    found.push((await workers.peakBytes(each)) / BYTES_PER_MB);
  }
  return found;
}

/** The subject's figure beside each peer's. */
function pair<T>(
  peers: readonly Peer[],
  [subject = NaN, ...others]: readonly number[],
  make: (peer: Peer, subject: number, other: number) => T,
): T[] {
  return peers.map((peer, i) => make(peer, subject, others[i] ?? NaN));
}

/** Times a case beside its peers. */
export async function measure(each: Case, workers: Workers): Promise<Measured> {
  for (const work of each.before ?? []) await workers.time(work);
  const { name, subject, peers, isLong } = each;
  const rounds = isLong === true ? 1 : each.rounds;
  const times = await medianTimes(
    [subject, ...peers].map((one) => async () => (await workers.time(one)).ms),
    rounds,
    isLong,
  );
  const names = (peer: Peer) => ({ case: name, subject: subject.name, peer: peer.name });
  return {
    times: pair(peers, times, (peer, subjectMs, peerMs) => ({
      ...names(peer),
      ...{ ratio: subjectMs / peerMs, subjectMs, peerMs },
    })),
    peaks:
      each.memory === true
        ? pair(peers, await peaks(each, workers), (peer, subjectMB, peerMB) => ({
            ...names(peer),
            ...{ ratio: subjectMB / peerMB, subjectMB, peerMB },
          }))
        : [],
  };
}
