/**
 * Times models in Chromium: a line `ENGINE/PROVIDER/THREADS/SIZE/BATCH RUNS` in, or one with `start` as BATCH, and a line of JSON out. Its
 * argument is the folder that workers share.
 */
import { cpSync, mkdtempSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { build, preview } from 'vite';
import { startChromium } from '../../test/browser/chromium.js';
import { PAGE_FILES } from './page-files.js';

const [folder = ''] = process.argv.slice(2);
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const site = join(folder, PAGE_FILES);
/** What both engines fetch when they start. */
const RUNTIMES = ['@tensorflow/tfjs-backend-wasm', 'onnxruntime-web'];
/** Without them a page has no threads. */
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

async function startSite(): Promise<string> {
  await build({
    root: join(root, 'bench/page'),
    base: './',
    logLevel: 'error',
    resolve: { alias: [{ find: /^resnet-heads$/, replacement: join(root, 'src/index.ts') }] },
    build: { outDir: site, emptyOutDir: false, target: 'es2022' },
  });
  for (const name of RUNTIMES) {
    const dist = dirname(createRequire(import.meta.url).resolve(name));
    for (const file of readdirSync(dist).filter((each) => /\.(wasm|mjs)$/.test(each))) {
      cpSync(join(dist, file), join(site, file));
    }
  }
  const server = await preview({
    root: site,
    logLevel: 'error',
    build: { outDir: site },
    preview: { host: '127.0.0.1', port: 0, headers: ISOLATED },
  });
  return server.resolvedUrls?.local[0] ?? '';
}

let address: Promise<string> | undefined;
/** By model, each a browser of its own: Chromium slows down pages that are behind others. */
const contexts = new Map<string, BrowserContext>();
const pages = new Map<string, Page>();

async function openPage(model: string): Promise<Page> {
  const [engine, provider = '', threads, size] = model.split('/');
  const context =
    contexts.get(model) ?? (await startChromium(mkdtempSync(join(folder, 'p-')), provider));
  contexts.set(model, context);
  const page = await context.newPage();
  const url = await (address ??= startSite());
  await page.goto(`${url}?engine=${engine}&provider=${provider}&threads=${threads}&size=${size}`);
  return page;
}

async function time(work: string, runs: number): Promise<readonly number[]> {
  const at = work.lastIndexOf('/');
  const [model, batch] = [work.slice(0, at), work.slice(at + 1)];
  if (batch === 'start') {
    const page = await openPage(model);
    try {
      return [await page.evaluate(() => window.timeStart())];
    } finally {
      await page.close();
    }
  }
  const page = pages.get(model) ?? (await openPage(model));
  pages.set(model, page);
  return page.evaluate(([n, times]) => window.timePredictions(n, times), [
    Number(batch),
    runs,
  ] as const);
}

for await (const line of createInterface({ input: process.stdin })) {
  const [work = '', runs] = line.split(' ');
  console.log(JSON.stringify({ ms: await time(work, Number(runs)), peakBytes: NaN }));
}
for (const context of contexts.values()) await context.close();
process.exit(0);
