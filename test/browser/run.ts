import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { preview } from 'vite';
import type { Result } from '../backends/conformance/case';
import type { Listener, Run } from '../backends/runs';
import { watch } from '../../scripts/chromium/find';
import { startChromium } from './chromium';
import type { PageReport } from './page';
import { buildSite } from './site';

/** webgpu on SwiftShader takes minutes; a page that hangs takes for ever. */
const LIMIT_S = 600;

/** One page, from a browser of its own; what it does beside the cases that it shouldn't is a fault. */
async function runPage(
  folder: string,
  url: string,
  backend: string,
  only: string,
  onResult: Listener,
): Promise<Run> {
  const context = await startChromium(mkdtempSync(join(folder, 'profile-')), backend);
  const results: Result[] = [];
  let faults: string[] = [];
  let details: object = {};
  try {
    const page = await context.newPage();
    faults = await watch(page, url);
    page.on('crash', () => faults.push('the page crashed'));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    let listen: (message: PageReport) => void = () => undefined;
    // Before the page is there: one that loads at once would else find nobody to report to.
    await page.exposeFunction('report', (message: PageReport) => {
      listen(message);
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
      listen = (message) => {
        if (message.kind === 'started') details = message.details;
        else if (message.kind === 'case') {
          results.push(message.result);
          onResult(message.result);
        } else if (message.kind === 'done') end(resolve);
        else {
          end(() => {
            reject(new Error(message.message));
          });
        }
      };
    });
    const address = `${url}?backend=${backend}&only=${encodeURIComponent(only)}`;
    await Promise.all([ended, page.goto(address)]);
  } catch (error) {
    faults.push((error as Error).message);
  } finally {
    await context.close();
  }
  return { backend, where: 'Chromium', details, results, faults };
}

/**
 * Runs the conformance cases, and what only a page does, in headless Chromium. The page is built by Vite from
 * the packed package, and may ask for nothing but what its own server has.
 */
export async function runInBrowser(
  backends: readonly string[],
  only: string,
  onStart: (backend: string) => void,
  onResult: Listener,
): Promise<readonly Run[]> {
  const folder = mkdtempSync(join(tmpdir(), 'resnet-heads-browser-'));
  const runs: Run[] = [];
  try {
    await buildSite(folder);
    const server = await preview({
      root: folder,
      logLevel: 'error',
      preview: { host: '127.0.0.1', port: 0 },
    });
    try {
      for (const backend of backends) {
        onStart(backend);
        runs.push(
          await runPage(folder, server.resolvedUrls?.local[0] ?? '', backend, only, onResult),
        );
      }
    } finally {
      await server.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return runs;
}
