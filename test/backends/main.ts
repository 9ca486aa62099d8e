/**
 * Runs the conformance cases on each backend, in Node and in headless Chromium.
 *
 *     npm run test:backends [-- --where Node --backend cpu --backend webgl] [--only TEXT] [--json] [--write]
 *     npm run test:browser  [-- the same]   only those in Chromium
 *     npm run test:webgpu   [-- the same]   only webgpu in Node
 *
 * `--json` prints the runs, `--write` counts those that pass in the table of docs/backends.md.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { runInBrowser } from '../browser/run';
import type { Result } from './conformance/case';
import { failuresOf, lineOf, type Listener, type Run } from './runs';
import { softwareVulkan } from './software-vulkan';
import { writeTable } from './table';

const IN_NODE = ['cpu', 'wasm', 'tensorflow', 'webgpu'];
const IN_BROWSER = ['wasm', 'webgl', 'webgpu'];

const PLACES = ['Node', 'Chromium'];

const say = (text: string) => process.stderr.write(`${text}\n`);

async function runInNode(backend: string, only: string, onResult: Listener): Promise<Run> {
  const args = ['--import', 'tsx', 'test/backends/node-child.ts', backend, only];
  const vulkan = backend === 'webgpu' ? await softwareVulkan() : {};
  const env = { TF_CPP_MIN_LOG_LEVEL: '2', ...process.env, ...vulkan };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const results: Result[] = [];
  let details: object = {};
  for await (const line of createInterface(child.stdout)) {
    // TensorFlow.js and its native library write lines of their own.
    if (!line.startsWith('{')) continue;
    const told = JSON.parse(line) as object;
    if ('ok' in told) {
      results.push(told as Result);
      onResult(told as Result);
    } else details = told;
  }
  const code = await ended;
  const faults = code === 0 ? [] : [`the process ended with ${String(code)}`];
  return { backend, where: 'Node', details, results, faults };
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string', multiple: true },
      where: { type: 'string', multiple: true, default: PLACES },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const { only, where, backend: asked = [...IN_NODE, ...IN_BROWSER] } = values;
  const place = where.find((each) => !PLACES.includes(each));
  if (place !== undefined)
    throw new Error(`--where: expected one of ${PLACES.join(', ')}, got ${place}`);
  const unknown = asked.find((each) => ![...IN_NODE, ...IN_BROWSER].includes(each));
  if (unknown !== undefined)
    throw new Error(
      `--backend: expected one of ${[...IN_NODE, ...IN_BROWSER].join(', ')}, got ${unknown}`,
    );
  const onResult = (result: Result) => say(lineOf(result));
  const runs: Run[] = [];
  const inNode = where.includes('Node') ? IN_NODE : [];
  for (const backend of inNode.filter((each) => asked.includes(each))) {
    say(`${backend} in Node`);
    runs.push(await runInNode(backend, only, onResult));
  }
  const pages = where.includes('Chromium') ? IN_BROWSER : [];
  const inBrowser = pages.filter((each) => asked.includes(each));
  if (inBrowser.length > 0) {
    const onStart = (backend: string) => say(`${backend} in Chromium`);
    runs.push(...(await runInBrowser(inBrowser, only, onStart, onResult)));
  }
  if (values.json) process.stdout.write(`${JSON.stringify(runs)}\n`);
  if (values.write) writeTable(runs);
  const failures = runs.flatMap((run) =>
    failuresOf(run).map((each) => `${run.backend} in ${run.where}: ${each}`),
  );
  for (const each of failures) say(`✗ ${each}`);
  const passed = runs.flatMap(({ results }) => results.filter(({ ok }) => ok)).length;
  say(`${passed} passed, ${failures.length} failed`);
  return failures.length === 0 && passed > 0;
}

process.exitCode = (await main()) ? 0 : 1;
