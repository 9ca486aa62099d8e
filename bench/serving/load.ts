import autocannon from 'autocannon';
import { spread } from '../../src/compare/spread.js';
import type { Contestant } from './contestants.js';

export interface Load {
  readonly perSecond: number;
  /** In milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

const TIMEOUT_S = 60;

/** Sends a number of requests; waits for all answers. @throws Error if one of them failed */
async function load(
  { name, server, requests }: Contestant,
  connections: number,
  amount: number,
): Promise<Load> {
  let [begin, end] = [performance.now(), NaN];
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        ...{ url: server.address, connections, amount, timeout: TIMEOUT_S },
        requests: [...requests],
      },
      (error: Error | null, finished) => {
        if (error === null) resolve(finished);
        else reject(error);
      },
    );
    instance.on('start', () => (begin = performance.now()));
    // The result's own times are of the whole second in which it notices that all are there.
    instance.on('response', () => (end = performance.now()));
  });
  const { errors, timeouts, non2xx } = result;
  const answered = result['2xx'];
  if (errors + timeouts + non2xx > 0 || answered !== amount) {
    throw new Error(
      `${name}: expected ${amount} answers, got ${answered}, ${errors} errors, ${timeouts} timeouts and ${non2xx} refusals`,
    );
  }
  const { p50, p99 } = result.latency;
  return { perSecond: (1_000 * amount) / (end - begin), p50, p99 };
}

/** Has the contestants take turns; medians over the rounds, after one that isn't counted. */
export async function takeTurns(
  contestants: readonly Contestant[],
  clients: number,
  amount: number,
  rounds: number,
): Promise<readonly Load[]> {
  const loads = contestants.map((): Load[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, contestant] of contestants.entries()) {
      const taken = await load(contestant, clients, round === 0 ? clients : amount);
      if (round > 0) loads[i]?.push(taken);
    }
  }
  return loads.map((all) => {
    const median = (key: keyof Load) => spread(all.map((each) => each[key])).median;
    return { perSecond: median('perSecond'), p50: median('p50'), p99: median('p99') };
  });
}
