/**
 * Builds examples/browser-app from the packed package, and does in headless Chromium what a person does with it.
 *
 *     npm run test:app [-- --only TEXT] [--screenshots FOLDER]
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { preview } from 'vite';
import { runChecks } from './run';
import { buildApp, writeBase, writeOnnxBase } from './site';

const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: { only: { type: 'string', default: '' }, screenshots: { type: 'string' } },
  });
  const { only, screenshots } = values;
  if (screenshots !== undefined) mkdirSync(screenshots, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'resnet-heads-app-'));
  try {
    await buildApp(folder);
    mkdirSync(join(folder, 'dist/base'));
    const baseFiles = await writeBase(join(folder, 'dist/base'));
    const onnxFile = await writeOnnxBase(folder);
    const server = await preview({
      root: folder,
      logLevel: 'error',
      preview: { host: '127.0.0.1', port: 0 },
    });
    try {
      const address = server.resolvedUrls?.local[0] ?? '';
      const run = { address, baseFiles, onnxFile, folder, only, screenshots, say };
      const { passed, failed } = await runChecks(run);
      say(`${passed} passed, ${failed} failed`);
      return failed === 0 && passed > 0;
    } finally {
      await server.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = (await main()) ? 0 : 1;
