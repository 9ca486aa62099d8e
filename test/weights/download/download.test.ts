import { createHash } from 'node:crypto';
import { download, type DownloadOptions, type Progress } from '../../../src/weights/download/download';
import { requireIntegrity } from '../../../src/weights/download/integrity';
import { file, status, weightServer, type WeightServer } from '../../setup/weight-server';

/** Large enough that a part of it arrives before a connection is cut. */
const BYTES = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 251);
const FAST: DownloadOptions = { retryDelayMs: 1, timeoutMs: 300 };

describe('download', () => {
  let host: WeightServer;
  beforeEach(async () => {
    host = await weightServer();
  });
  afterEach(() => host.close());

  it('fetches a file, and tells how far it is', async () => {
    const steps: Progress[] = [];
    host.answer(file(BYTES));
    expect(await download(host.url, { ...FAST, onProgress: (step) => steps.push(step) })).toEqual(
      BYTES,
    );
    expect(steps.at(-1)).toEqual({ loaded: BYTES.length, total: BYTES.length });
    expect(steps.map(({ loaded }) => loaded)).toEqual(
      steps.map(({ loaded }) => loaded).sort((a, b) => a - b),
    );
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('goes on where it was cut at %i tenths', async (tenths) => {
    const cutAfter = (BYTES.length / 10) * tenths;
    host.answer(file(BYTES, { cutAfter }), file(BYTES));
    expect(await download(host.url, FAST)).toEqual(BYTES);
    expect(host.asked).toEqual(['all', `bytes=${cutAfter}-`]);
    expect(host.sent).toBe(BYTES.length);
  });

  it('survives several cuts, a 500 and a 503 in between, and loses nothing', async () => {
    host.answer(
      file(BYTES, { cutAfter: 50_000 }),
      status(500),
      file(BYTES, { cutAfter: 50_000 }),
      status(503),
      file(BYTES),
    );
    expect(await download(host.url, FAST)).toEqual(BYTES);
    expect(host.asked).toEqual([
      'all',
      'bytes=50000-',
      'bytes=50000-',
      'bytes=100000-',
      'bytes=100000-',
    ]);
  });

  it('starts over where the server knows no ranges', async () => {
    host.answer(file(BYTES, { cutAfter: 50_000 }), file(BYTES, { ranges: false }));
    expect(await download(host.url, FAST)).toEqual(BYTES);
    expect(host.sent).toBe(50_000 + BYTES.length);
  });

  it('starts over where the file has changed', async () => {
    const changed = BYTES.map((byte) => byte ^ 1);
    host.answer(file(BYTES, { cutAfter: 50_000 }), file(changed, { etag: '"2"' }));
    expect(await download(host.url, FAST)).toEqual(changed);
  });

  it('starts over where a weak tag or none promises nothing', async () => {
    host.answer(file(BYTES, { cutAfter: 50_000, etag: 'W/"1"' }), file(BYTES, { etag: 'W/"1"' }));
    expect(await download(host.url, FAST)).toEqual(BYTES);
    expect(host.asked).toEqual(['all', 'all']);
  });

  it('takes a silent connection up again', async () => {
    host.answer(file(BYTES, { stallAfter: 50_000 }), file(BYTES));
    expect(await download(host.url, FAST)).toEqual(BYTES);
    expect(host.asked).toEqual(['all', 'bytes=50000-']);
  });

  it('follows a redirection', async () => {
    host.answer(status(302, { location: '/elsewhere' }), file(BYTES));
    expect(await download(host.url, FAST)).toEqual(BYTES);
  });

  it.each([404, 403, 410])('does not try again on %i', async (code) => {
    host.answer(status(code));
    await expect(download(host.url, FAST)).rejects.toThrow(
      `${host.url}: expected the file, got status ${code}; check the address, or name a mirror that has it`,
    );
    expect(host.asked).toEqual(['all']);
  });

  it.each([
    ['fails', status(500), 'status 500'],
    ['is cut before a byte', file(BYTES, { cutAfter: 0 }), 'no connection'],
    ['stays silent', file(BYTES, { stallAfter: 0 }), 'nothing for 300 ms'],
  ])('gives up where the server %s each time', async (_, handler, last) => {
    host.answer(handler);
    await expect(download(host.url, { ...FAST, retries: 2 })).rejects.toMatchObject({
      name: 'WeightsError',
      message: `${host.url}: expected the file within 3 tries, got ${last} at the last; check the connection, or name a mirror`,
    });
    expect(host.asked).toHaveLength(3);
  });

  it('says that nobody answers', async () => {
    await host.close();
    await expect(download(host.url, { ...FAST, retries: 0 })).rejects.toThrow(
      'got no connection at the last',
    );
  });

  it('refuses what is no weight file by its size, before it is fetched', async () => {
    host.answer((_, response) => {
      response.writeHead(200, { 'content-length': '3000000000' });
      response.write('x');
    });
    await expect(download(host.url, FAST)).rejects.toThrow(
      'expected at most 2000000000 bytes, got 3000000000; is it a weight file?',
    );
  });

  it('ends when it is told to, in the middle and between tries', async () => {
    const reason = new Error('changed my mind');
    for (const handler of [file(BYTES, { stallAfter: 50_000 }), status(500)]) {
      const controller = new AbortController();
      host.answer(handler);
      const promise = download(host.url, {
        signal: controller.signal,
        timeoutMs: 60_000,
        retryDelayMs: 60_000,
      });
      setTimeout(() => {
        controller.abort(reason);
      }, 50);
      await expect(promise).rejects.toBe(reason);
    }
    await expect(download(host.url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('requireIntegrity', () => {
  it.each(['md5', 'sha256'] as const)(
    'accepts the right %s and refuses another',
    async (algorithm) => {
      const hex = createHash(algorithm).update(BYTES).digest('hex');
      await requireIntegrity('file', BYTES, { algorithm, hex: hex.toUpperCase() });
      await expect(requireIntegrity('file', BYTES.slice(1), { algorithm, hex })).rejects.toThrow(
        new RegExp(
          `^file: expected ${algorithm} ${hex}, got [0-9a-f]+ of 199999 bytes; the file was damaged on its way, or is another one: try again, or look at what the address gives$`,
        ),
      );
    },
  );
});
