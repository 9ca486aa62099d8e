import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { cli } from '../setup/cli';
import { startChromium } from '../browser/chromium';
import { watch } from '../../scripts/chromium/find';
import { BLOCKS, type Block, ROOT } from './blocks';
import { furnish, type Reader } from './reader';

/** A script of a page, and the page in HTML that stands before it; or one with nothing but the script. */
const PAGES = BLOCKS.filter(({ language }) => language === 'js').map((script) => {
  const html = BLOCKS.find(
    ({ page, number, language }) =>
      page === script.page && number === script.number - 1 && language === 'html',
  );
  return [`${script.page}, block ${script.number}`, script, html] as const;
});
const EMPTY = '<!doctype html><script type="module" src="/main.js"></script>';

/** What a page does, by the one that describes it; each has to be told here. */
const USES: Readonly<Record<string, (page: Page, reader: Reader) => Promise<void>>> = {
  async 'docs/getting-started.md'(page, { folder }) {
    await page.waitForSelector('input:enabled');
    await page.setInputFiles('input', join(folder, 'holiday.jpg'));
    await page.waitForFunction(() =>
      /^(cat|dog): \d+ %$/.test(document.querySelector('p')?.textContent ?? ''),
    );
  },
  async 'docs/backends.md'(page) {
    await page.waitForLoadState('networkidle');
  },
};

let reader: Reader;
beforeAll(async () => {
  reader = await furnish();
  const { folder } = reader;
  const args = [
    'train',
    join(folder, 'photos'),
    '--backbone',
    join(folder, 'mobilenet'),
    '--preprocessing',
    'caffe',
  ];
  const trained = await cli(
    ...args,
    '--no-cache',
    '--epochs',
    '2',
    '--out',
    join(folder, 'site/public/my-classifier'),
  );
  expect(trained.code).toBe(0);
  const wasm = join(ROOT, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
  mkdirSync(join(folder, 'site/public/wasm'));
  for (const name of readdirSync(wasm).filter((each) => each.endsWith('.wasm')))
    cpSync(join(wasm, name), join(folder, 'site/public/wasm', name));
});
afterAll(() => {
  rmSync(reader.folder, { recursive: true });
});

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** What Vite has built, on a port of this machine. */
async function serve(folder: string): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    const path = join(folder, url === '/' ? 'index.html' : url);
    // Every page is asked for one; that there is none is no fault.
    if (url === '/favicon.ico') response.writeHead(204).end();
    else if (!existsSync(path)) response.writeHead(404).end();
    else {
      const type = TYPES[extname(path)] ?? 'application/octet-stream';
      response.writeHead(200, { 'content-type': type }).end(readFileSync(path));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function use(script: Block, html: Block | undefined): Promise<string[]> {
  const root = join(reader.folder, 'site');
  writeFileSync(join(root, 'index.html'), html?.code ?? EMPTY);
  writeFileSync(join(root, 'main.js'), script.code);
  const alias = { 'resnet-heads': join(ROOT, 'src/index.ts') };
  const config = { resolve: { alias }, build: { target: 'esnext' }, logLevel: 'error' };
  writeFileSync(join(root, 'vite.config.mjs'), `export default ${JSON.stringify(config)};`);
  await promisify(execFile)(join(ROOT, 'node_modules/.bin/vite'), ['build'], { cwd: root });
  const server = await serve(join(root, 'dist'));
  const profile = join(reader.folder, `profile-${script.page.replaceAll('/', '-')}`);
  const context = await startChromium(profile, 'webgl');
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const page = await context.newPage();
    const faults = await watch(page, address);
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    await page.goto(address);
    await USES[script.page]?.(page, reader);
    return faults;
  } finally {
    await context.close();
    server.close();
  }
}

describe('the pages in the documentation', () => {
  it('are used here, each', () => {
    const pages = new Set(PAGES.map(([, { page }]) => page));
    expect([...pages].sort()).toEqual(Object.keys(USES).sort());
  });

  it.each(PAGES)('work in Chromium: %s', async (_, script, html) => {
    expect(await use(script, html)).toEqual([]);
  });
});
