import { Bench } from 'tinybench';
import { spread } from '../src/compare/spread.js';
import type { Case, Peer } from './cases.js';

/** One comparison: `ratio` is the subject's median over the peer's. */
export interface Ratio {
  readonly case: string;
  readonly subject: string;
  readonly peer: string;
  readonly ratio: number;
  readonly subjectMs: number;
  readonly peerMs: number;
}

/** Enough for a median that a disturbance or two doesn't move. */
const ROUNDS = 7;

async function sample({ name, run, time }: Peer, runs: number): Promise<number[]> {
  if (time !== undefined) return [await time()];
  const bench = new Bench({ iterations: runs, time: 0, warmup: false, retainSamples: true });
  bench.add(name, async () => {
    await run?.();
  });
  await bench.run();
  const [task] = bench.tasks;
  const result = task?.result;
  if (result === undefined || !('latency' in result)) throw new Error(`${name} didn't run`);
  return [...(result.latency.samples ?? [])];
}

/** What is timed, and how often in one turn. */
export interface Timed {
  readonly peer: Peer;
  readonly runs: number;
}

/** Times several in turns, after one turn that isn't counted; medians in milliseconds. */
export async function medianTimes(all: readonly Timed[], rounds = ROUNDS): Promise<number[]> {
  const samples = all.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { peer, runs }] of all.entries()) {
      const taken = await sample(peer, runs);
      if (round > 0) samples[i]?.push(...taken);
    }
  }
  return samples.map((each) => spread(each).median);
}

/** Times a case beside its peers. */
export async function measure({
  name,
  runs,
  rounds,
  prepare,
  subject,
  peers,
}: Case): Promise<Ratio[]> {
  await prepare?.();
  const all = [{ peer: subject, runs }, ...peers.map((peer) => ({ peer, runs: 1 }))];
  const [subjectMs = NaN, ...peerMs] = await medianTimes(all, rounds);
  return peers.map((peer, i) => ({
    case: name,
    subject: subject.name,
    peer: peer.name,
    ratio: subjectMs / (peerMs[i] ?? NaN),
    subjectMs,
    peerMs: peerMs[i] ?? NaN,
  }));
}
