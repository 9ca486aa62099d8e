/**
 * Loads weight files in which structures were broken, or that were made to do harm, in a process beside, and says which took the
 * most time and memory. Ends with 1 where one took more than any file may.
 *
 *     npm run test:damage            20,000 files
 *     npx tsx scripts/damage/main.ts 500 [first]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Cost } from './child';

/** Whatever a file says: so much time, and so much memory beyond ten times its own size. */
const MAX_MS = 5000;
const MAX_BYTES = 500e6;
const MAX_EXPANSION = 10;
/** After this long on the clock it counts as hanging; a busy machine may be ten times slower than its processor. */
const HANGS_MS = 60_000;
const LISTED = 5;
const COMMON = 12;

const [count = 20_000, first = 0] = process.argv.slice(2).map(Number);

async function start(): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('child.ts', import.meta.url));
  const child = fork(script, { execArgv: ['--import', 'tsx', '--expose-gc'] });
  await once(child, 'message');
  return child;
}

async function ask(child: ChildProcess, number: number): Promise<Cost | string> {
  const answer = new AbortController();
  const timer = setTimeout(() => {
    answer.abort();
  }, HANGS_MS);
  const ended = once(child, 'exit', { signal: answer.signal }).then(
    ([code, signal]) => `ended with ${String(code ?? signal)}`,
  );
  const told = once(child, 'message', { signal: answer.signal }).then(([cost]) => cost as Cost);
  child.send(number);
  try {
    return await Promise.race([told, ended]);
  } catch {
    child.kill('SIGKILL');
    return `hung for ${HANGS_MS / 1000} s`;
  } finally {
    clearTimeout(timer);
    answer.abort();
    void Promise.allSettled([told, ended]);
  }
}

const kind = ({ message }: { readonly message: string }): string =>
  message
    .replaceAll(/"[^"]*"/g, '"…"')
    .replaceAll(/\d+/g, 'n')
    .slice(0, 90);
const line = ({ number, name, fileBytes, cpuMs, wallMs, memoryBytes }: Cost): string =>
  `  ${number} (${name}, ${fileBytes} bytes): ${cpuMs.toFixed(0)} ms CPU, ${wallMs.toFixed(0)} ms, ${(memoryBytes / 1e6).toFixed(1)} MB`;

function report(costs: readonly Cost[]): void {
  const most = (title: string, by: (cost: Cost) => number) => {
    const sorted = [...costs].sort((a, b) => by(b) - by(a)).slice(0, LISTED);
    console.log(`${title}\n${sorted.map(line).join('\n')}`);
  };
  most('most time', ({ cpuMs }) => cpuMs);
  most('most memory', ({ memoryBytes }) => memoryBytes);
  most('most memory beyond ten times the size', (cost) => beyond(cost));
  const kinds = new Map<string, number>();
  for (const { error } of costs) {
    if (error !== undefined) kinds.set(kind(error), (kinds.get(kind(error)) ?? 0) + 1);
  }
  const refused = [...kinds.values()].reduce((sum, each) => sum + each, 0);
  console.log(
    `${costs.length} files: ${refused} refused for ${kinds.size} reasons, ${costs.length - refused} loaded`,
  );
  const common = [...kinds].sort(([, a], [, b]) => b - a).slice(0, COMMON);
  for (const [message, times] of common) console.log(`  ${times} × ${message}`);
}

const beyond = ({ memoryBytes, fileBytes }: Cost): number =>
  memoryBytes - MAX_EXPANSION * fileBytes;

function faultOf(cost: Cost): string | undefined {
  if (cost.error !== undefined && cost.error.name !== 'WeightsError') {
    return `threw ${cost.error.name}: ${cost.error.message}`;
  }
  if (cost.cpuMs > MAX_MS) return `took ${cost.cpuMs} ms`;
  return beyond(cost) > MAX_BYTES ? `took ${cost.memoryBytes} bytes` : undefined;
}

const costs: Cost[] = [];
const faults: string[] = [];
let child = await start();
for (let number = first; number < first + count; number++) {
  const cost = await ask(child, number);
  if (typeof cost === 'string') {
    faults.push(`${number}: ${cost}`);
    child = await start();
    continue;
  }
  costs.push(cost);
  const fault = faultOf(cost);
  if (fault !== undefined) faults.push(`${number} (${cost.name}): ${fault}`);
}
child.kill();
report(costs);
for (const fault of faults) console.log(`FAULT ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
