import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { watch } from '../../scripts/chromium/find';
import { modelFiles } from '../../src/train/saved/write-model';
import { startChromium } from '../browser/chromium';
import { miniResnet } from '../setup/mini-resnet';

const ROOT = join(__dirname, '../..');

/** A picture, a canvas and a video of it, as the third program finds them. */
const PAGE = `<!doctype html><link rel="icon" href="data:," />
<img alt="" src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='48' height='40'%3E%3Crect width='48' height='40' fill='navy'/%3E%3C/svg%3E" />
<canvas width="40" height="48"></canvas>
<video muted></video>
<script type="module">
  const canvas = document.querySelector('canvas');
  const video = document.querySelector('video');
  const context = canvas.getContext('2d');
  const draw = () => {
    context.fillStyle = 'gold';
    context.fillRect(0, 0, canvas.width, canvas.height);
  };
  draw();
  setInterval(draw, 20);
  video.srcObject = canvas.captureStream(30);
  await Promise.all([document.querySelector('img').decode(), video.play()]);
  await import('/program.js');
</script>`;

let folder: string;
let host: Server;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'program-'));
  const model = miniResnet('v1', 1);
  const saved = await modelFiles(model);
  model.dispose();
  const { outputFiles } = await build({
    entryPoints: [join(__dirname, 'page.ts')],
    outdir: folder,
    ...{ bundle: true, format: 'esm', target: 'es2022', write: false },
    alias: { 'resnet-heads': join(ROOT, 'src/index.ts') },
    external: ['echarts'],
    logLevel: 'error',
  });
  host = createServer(({ url = '/' }, response) => {
    const model = saved[url.replace('/mobilenet/', '')];
    if (url === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    else if (url === '/program.js') {
      const type = { 'content-type': 'text/javascript' };
      response.writeHead(200, type).end(outputFiles[0]?.contents);
    } else if (url.startsWith('/mobilenet/') && model) response.writeHead(200).end(model);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  host.closeAllConnections();
  await new Promise((resolve) => host.close(resolve));
  rmSync(folder, { recursive: true });
});

it('3: in a page, or wherever pictures are at hand', async () => {
  const context = await startChromium(join(folder, 'profile'), 'cpu');
  try {
    const page = await context.newPage();
    const address = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
    const complaints = await watch(page, address);
    await page.goto(address);
    await page.waitForFunction(() => document.title !== '');
    expect(await page.title()).toMatch(/^(cat|dog) of cat, dog$/);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
});
