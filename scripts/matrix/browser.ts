import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { findChromium, FLAGS, watch } from '../chromium/find.js';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** Far above any honest duration: the page takes some 10 s. */
const LIMIT_MS = 240_000;

export interface Visit {
  readonly address: string;
  /** What the page's `report()` gave. */
  readonly report: unknown;
  /** Of all that the page had fetched before that call. */
  readonly startBytes: number;
  readonly chromium: string;
}

/** Serves a folder to this machine and counts the bytes, compressed, that it sent. */
async function serve(folder: string) {
  let sent = 0;
  const server = createServer(({ url = '/' }, response) => {
    const path = normalize(new URL(url, 'http://127.0.0.1').pathname);
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    const body = gzipSync(readFileSync(file));
    sent += body.length;
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/`,
    sent: () => sent,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * Opens a folder's page in a Chromium of its own and calls its `report()`.
 *
 * @throws Error where the page does, and where it asks another host for anything
 */
export async function visit(folder: string): Promise<Visit> {
  const found = await findChromium();
  const server = await serve(folder);
  try {
    // With a fresh folder of the user's data, which it removes.
    const browser = await chromium.launch({ ...found, args: [...FLAGS] });
    try {
      const page = await browser.newPage();
      const faults = await watch(page, server.address);
      await page.goto(server.address, { waitUntil: 'networkidle' });
      const startBytes = server.sent();
      const report: unknown = await Promise.race([
        page.evaluate('report()').catch(String),
        // Playwright sets no limit to that.
        setTimeout(LIMIT_MS, `no report after ${LIMIT_MS / 1000} s`, { ref: false }),
      ]);
      if (faults.length > 0) throw new Error(`the page: ${faults.join('; ')}`);
      return { address: server.address, report, startBytes, chromium: browser.version() };
    } finally {
      await browser.close();
    }
  } finally {
    server.close();
  }
}
