import { gzipSync } from 'node:zlib';
import { browserCache } from '../../../src/weights/download/browser-cache';
import { download } from '../../../src/weights/download/download';
import { file, status, weightServer, type WeightServer } from '../../setup/weight-server';

const BYTES = Uint8Array.from({ length: 2_000 }, (_, i) => (i * 7919) % 251);
const CHANGED = BYTES.map((byte) => byte ^ 1);

/** What a page's `caches` does, as far as it is used here. */
class FakeCaches {
  readonly entries = new Map<string, Response>();
  /** How a browser refuses a file that its quota has no room for. */
  full = false;

  open(name: string) {
    const key = (url: string) => `${name} ${url}`;
    return Promise.resolve({
      match: (url: string) => Promise.resolve(this.entries.get(key(url))?.clone()),
      put: async (url: string, response: Response) => {
        if (this.full) throw new DOMException('Quota exceeded.', 'QuotaExceededError');
        const headers = new Headers(response.headers);
        this.entries.set(key(url), new Response(await response.arrayBuffer(), { headers }));
      },
    });
  }
}

describe('browserCache', () => {
  let host: WeightServer;
  let caches: FakeCaches;
  let warnings: string[];
  beforeEach(async () => {
    host = await weightServer();
    caches = new FakeCaches();
    warnings = [];
    Object.assign(globalThis, { caches });
  });
  afterEach(async () => {
    Reflect.deleteProperty(globalThis, 'caches');
    await host.close();
  });
  const load = () =>
    download(
      host.url,
      { retryDelayMs: 1, onWarning: ({ message }) => warnings.push(message) },
      browserCache(),
    );

  it('is nothing where there is no Cache API', () => {
    Reflect.deleteProperty(globalThis, 'caches');
    expect(browserCache()).toBeUndefined();
  });

  it('keeps a file, and asks whether it is still the latest', async () => {
    host.answer(file(BYTES));
    expect(await load()).toMatchObject({ from: 'network', bytes: BYTES });
    expect(await load()).toMatchObject({ from: 'cache', bytes: BYTES });
    expect(host.sent).toBe(BYTES.length);
    host.answer(file(CHANGED, { etag: '"2"' }));
    expect(await load()).toMatchObject({ from: 'network', bytes: CHANGED });
    expect([...caches.entries.keys()]).toEqual([
      expect.stringMatching(
        /^resnet-heads https:\/\/resnet-heads\.invalid\/url-[\da-f]{64}-weights\.safetensors$/,
      ),
    ]);
    expect(warnings).toEqual([]);
  });

  it('keeps a file that its host compresses and marks with a weak tag', async () => {
    const conditions: unknown[] = [];
    host.answer((request, response) => {
      const condition = request.headers['if-none-match'];
      conditions.push(condition);
      if (condition === 'W/"1"') response.writeHead(304).end();
      else {
        const headers = { 'content-encoding': 'gzip', etag: 'W/"1"' };
        response.writeHead(200, headers).end(gzipSync(BYTES));
      }
    });
    expect(await load()).toMatchObject({ from: 'network', bytes: BYTES });
    expect(await load()).toMatchObject({ from: 'cache', bytes: BYTES });
    expect(conditions).toEqual([undefined, 'W/"1"']);
  });

  it('compares for itself what a page may not ask another origin for', async () => {
    const conditions: unknown[] = [];
    const answer = file(BYTES, { lastModified: 'yesterday', hidden: ['etag'] });
    host.answer((request, response) => {
      conditions.push(request.headers['if-none-match'], request.headers['if-modified-since']);
      answer(request, response);
    });
    Object.assign(globalThis, { location: { origin: 'https://page.example' } });
    try {
      expect([(await load()).from, (await load()).from]).toEqual(['network', 'cache']);
    } finally {
      Reflect.deleteProperty(globalThis, 'location');
    }
    expect(conditions).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('fetches a damaged entry anew', async () => {
    host.answer(file(BYTES));
    await load();
    const [[key, entry]] = [...caches.entries] as [[string, Response]];
    caches.entries.set(key, new Response(CHANGED, { headers: entry.headers }));
    expect(await load()).toMatchObject({ from: 'network', bytes: BYTES });
    expect(warnings).toHaveLength(1);
  });

  it('that is full is told of, and the file is loaded', async () => {
    caches.full = true;
    host.answer(file(BYTES));
    expect(await load()).toMatchObject({ from: 'network', bytes: BYTES });
    expect(warnings).toEqual([
      `${host.url}: expected a working cache, got Quota exceeded.; the file is loaded, and downloaded again next time`,
    ]);
  });

  it('keeps nothing that fails', async () => {
    host.answer(status(404));
    await expect(load()).rejects.toThrow('status 404');
    expect(caches.entries.size).toBe(0);
  });
});
