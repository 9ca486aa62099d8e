/**
 * Runs the conformance cases, and what only a page does, in headless Chromium.
 *
 *     npm run test:browser [-- --backend webgl --backend wasm] [--only TEXT] [--json]
 *
 * The page is built by Vite from the packed package; it may ask for nothing but what its own server has.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { preview } from 'vite';
import type { Result } from '../backends/conformance/case';
import { startChromium } from './chromium';
import type { PageReport } from './page';
import { buildSite } from './site';

const BACKENDS = ['wasm', 'webgl', 'webgpu'];
/** webgpu on SwiftShader takes minutes; a page that hangs takes for ever. */
const LIMIT_S = 600;

export interface Run {
  readonly backend: string;
  readonly details: object;
  readonly results: readonly Result[];
  /** What went wrong beside the cases. */
  readonly faults: readonly string[];
}

async function runBackend(
  folder: string,
  url: string,
  backend: string,
  only: string,
  onResult: (result: Result) => void,
): Promise<Run> {
  const context = await startChromium(mkdtempSync(join(folder, 'profile-')), backend);
  const results: Result[] = [];
  const faults: string[] = [];
  let details: object = {};
  try {
    const page = await context.newPage();
    await page.route('**', (route) => {
      const asked = route.request().url();
      if (/^(data|blob):/.test(asked) || asked.startsWith(url)) return route.continue();
      faults.push(`asked for ${asked}`);
      return route.abort();
    });
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('crash', () => faults.push('the page crashed'));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    const ended = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no end after ${LIMIT_S} s`));
      }, LIMIT_S * 1000);
      const end = (settle: () => void) => {
        clearTimeout(timer);
        settle();
      };
      page.on('close', () => {
        end(() => {
          reject(new Error('the page went away'));
        });
      });
      void page.exposeFunction('report', (message: PageReport) => {
        if (message.kind === 'started') details = message.details;
        else if (message.kind === 'case') {
          results.push(message.result);
          onResult(message.result);
        } else if (message.kind === 'done') end(resolve);
        else
          end(() => {
            reject(new Error(message.message));
          });
      });
    });
    await page.goto(`${url}?backend=${backend}&only=${encodeURIComponent(only)}`);
    await ended;
  } catch (error) {
    faults.push((error as Error).message);
  } finally {
    await context.close();
  }
  return { backend, details, results, faults };
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      backend: { type: 'string', multiple: true, default: BACKENDS },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
    },
  });
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'resnet-heads-browser-'));
  const runs: Run[] = [];
  try {
    await buildSite(folder);
    const server = await preview({
      root: folder,
      logLevel: 'error',
      preview: { host: '127.0.0.1', port: 0 },
    });
    const url = server.resolvedUrls?.local[0] ?? '';
    try {
      for (const backend of values.backend) {
        say(`${backend} in Chromium`);
        const run = await runBackend(folder, url, backend, values.only, (result) => {
          const error = result.maxError?.toExponential(1) ?? '';
          say(
            `  ${result.ok ? '✓' : '✗'} ${result.name}  ${error}  ${result.seconds.toFixed(1)} s`,
          );
          if (!result.ok) say(`      ${result.message ?? ''}`);
        });
        for (const fault of run.faults) say(`  ✗ ${fault}`);
        runs.push(run);
      }
    } finally {
      await server.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (values.json) process.stdout.write(`${JSON.stringify(runs)}\n`);
  const failed = runs.flatMap(({ results, faults }) => [
    ...results.filter(({ ok }) => !ok).map(({ name }) => name),
    ...faults,
  ]);
  const passed = runs.flatMap(({ results }) => results.filter(({ ok }) => ok)).length;
  say(`${passed} passed, ${failed.length} failed`);
  return failed.length === 0 && passed > 0;
}

if (!(await main())) process.exitCode = 1;
