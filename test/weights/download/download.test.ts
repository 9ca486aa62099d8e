import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { download } from '../../../src/weights/download/download';
import type { Progress } from '../../../src/progress';
import type { DownloadOptions } from '../../../src/weights/download/options';
import { requireIntegrity } from '../../../src/weights/download/integrity';
import { file, status, weightServer, type WeightServer } from '../../setup/weight-server';

/** Large enough that a part of it arrives before a connection is cut. */
const BYTES = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 251);
const CHANGED = BYTES.map((byte) => byte ^ 1);
const FAST: DownloadOptions = { retryDelayMs: 1, timeoutMs: 5_000 };
const YESTERDAY = 'Mon, 23 Nov 2026 10:00:00 GMT';
const hash = (algorithm: 'md5' | 'sha256', bytes: Uint8Array) => ({
  algorithm,
  hex: createHash(algorithm).update(bytes).digest('hex'),
});
/** Jest takes half a second to compare the bytes themselves. */
const sum = (bytes: Uint8Array): string => hash('sha256', bytes).hex;

let host: WeightServer;
beforeEach(async () => {
  host = await weightServer();
});
afterEach(() => host.close());

describe('download', () => {
  it('fetches a file', async () => {
    host.answer(file(BYTES));
    expect(sum((await download(host.url, FAST)).bytes)).toBe(sum(BYTES));
    expect(host.sent).toBe(BYTES.length);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('goes on where it was cut at %i tenths', async (tenths) => {
    const cutAfter = (BYTES.length / 10) * tenths;
    host.answer(file(BYTES, { cutAfter }), file(BYTES));
    expect(sum((await download(host.url, FAST)).bytes)).toBe(sum(BYTES));
    expect(host.asked).toEqual(['all', `bytes=${cutAfter}-`]);
    expect(host.sent).toBe(BYTES.length);
  });

  it('survives more cuts than it has tries, as long as each brings something', async () => {
    host.answer(file(BYTES, { cutAfter: BYTES.length / 10 }));
    expect(sum((await download(host.url, { ...FAST, retries: 1 })).bytes)).toBe(sum(BYTES));
    expect(host.asked).toHaveLength(10);
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
    expect(sum((await download(host.url, FAST)).bytes)).toBe(sum(BYTES));
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
    expect(sum((await download(host.url, FAST)).bytes)).toBe(sum(BYTES));
    expect(host.sent).toBe(50_000 + BYTES.length);
  });

  it.each([
    ['tag', {}, { etag: '"2"' }],
    ['date', { etag: null, lastModified: YESTERDAY }, { etag: null, lastModified: 'today' }],
  ])('starts over where the file has another %s', async (_, before, after) => {
    host.answer(file(BYTES, { ...before, cutAfter: 50_000 }), file(CHANGED, after));
    expect(sum((await download(host.url, FAST)).bytes)).toBe(sum(CHANGED));
  });

  it.each([
    ['tag', { etag: '"2"' }],
    ['length', { bytes: BYTES.slice(1) }],
  ])('starts over where a server that ignores the condition has another %s', async (_, after) => {
    const { bytes = CHANGED, ...options } = after as { bytes?: Uint8Array; etag?: string };
    const careless = file(bytes, options);
    host.answer(file(BYTES, { cutAfter: 50_000 }), (request, response) => {
      delete request.headers['if-range'];
      careless(request, response);
    });
    expect(sum((await download(host.url, FAST)).bytes)).toBe(sum(bytes));
    expect(host.asked).toEqual(['all', 'bytes=50000-', 'all']);
  });

  it('starts over where it gets another part than it asked for', async () => {
    const elsewhere = { 'content-range': `bytes 7-${BYTES.length - 1}/${BYTES.length}` };
    host.answer(
      file(BYTES, { cutAfter: 50_000 }),
      status(206, { ...elsewhere, etag: '"1"' }),
      file(BYTES),
    );
    expect(sum((await download(host.url, FAST)).bytes)).toBe(sum(BYTES));
    expect(host.asked).toEqual(['all', 'bytes=50000-', 'all']);
  });

  it('goes on where a part ends early, though nothing broke', async () => {
    host.answer(
      file(BYTES, { cutAfter: 50_000 }),
      (_, response) => {
        const range = `bytes 50000-${BYTES.length - 1}/${BYTES.length}`;
        response.writeHead(206, { etag: '"1"', 'content-range': range });
        response.write(BYTES.subarray(50_000, 60_000));
        response.end();
      },
      file(BYTES),
    );
    expect(sum((await download(host.url, FAST)).bytes)).toBe(sum(BYTES));
    expect(host.asked).toEqual(['all', 'bytes=50000-', 'bytes=60000-']);
  });

  it('starts over where a weak tag or none promises nothing', async () => {
    for (const etag of ['W/"1"', null]) {
      host.answer(file(BYTES, { cutAfter: 50_000, etag }), file(BYTES, { etag }));
      expect(sum((await download(host.url, FAST)).bytes)).toBe(sum(BYTES));
    }
    expect(host.asked).toEqual(['all', 'all', 'all', 'all']);
  });

  it('asks for the file as it is, and takes a compressed one that it gets all the same', async () => {
    const encodings: unknown[] = [];
    // Longer than the file, so that its length, taken for the file's, would call the file cut short.
    const body = gzipSync(BYTES, { level: 0 });
    host.answer((request, response) => {
      encodings.push(request.headers['accept-encoding']);
      response
        .writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length, etag: '"1"' })
        .end(body);
    });
    expect(sum((await download(host.url, FAST)).bytes)).toBe(sum(BYTES));
    expect(encodings).toEqual(['identity']);
  });

  it('takes a silent connection up again', async () => {
    host.answer(file(BYTES, { stallAfter: 50_000 }), file(BYTES));
    expect(sum((await download(host.url, { ...FAST, timeoutMs: 300 })).bytes)).toBe(sum(BYTES));
    expect(host.asked).toEqual(['all', 'bytes=50000-']);
  });

  it('waits for a slow connection as long as it brings something', async () => {
    host.answer(file(BYTES, { pace: 60 }));
    expect(sum((await download(host.url, { ...FAST, timeoutMs: 400, retries: 0 })).bytes)).toBe(
      sum(BYTES),
    );
  });

  it('follows a redirection', async () => {
    host.answer(status(302, { location: '/elsewhere' }), file(BYTES));
    expect(sum((await download(host.url, FAST)).bytes)).toBe(sum(BYTES));
  });

  it.each([404, 403, 410])('does not try again on %i', async (code) => {
    host.answer(status(code));
    await expect(download(host.url, FAST)).rejects.toMatchObject({
      name: 'WeightsError',
      message: `${host.url}: expected the file, got status ${code}; check the address, or use a mirror that has the file`,
    });
    expect(host.asked).toEqual(['all']);
  });

  it.each([
    ['fails', status(500), 'status 500'],
    ['is busy', status(429), 'status 429'],
    ['is cut before a byte', file(BYTES, { cutAfter: 0 }), 'no connection (UND_ERR_SOCKET)'],
    ['stays silent', file(BYTES, { stallAfter: 0 }), 'nothing for 100 ms'],
  ])('gives up where the server %s each time', async (_, handler, last) => {
    host.answer(handler);
    const options = { ...FAST, timeoutMs: 100, retries: 2 };
    await expect(download(host.url, options)).rejects.toMatchObject({
      name: 'WeightsError',
      message: `${host.url}: expected the file within 3 tries, got ${last} on the last one; check the connection, or use a mirror`,
    });
    expect(host.asked).toHaveLength(3);
  });

  it('says that nobody answers', async () => {
    await host.close();
    await expect(download(host.url, { ...FAST, retries: 0 })).rejects.toThrow(
      'got no connection (ECONNREFUSED) on the last one',
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

  it.each([
    ['ftp://host/file', 'url: expected an http(s) address, got "ftp://host/file"'],
    ['weights.h5', 'url: expected an http(s) address, got "weights.h5"'],
  ])('refuses %s', async (url, message) => {
    await expect(download(url)).rejects.toMatchObject({ name: 'ArgumentError', message });
  });
});

describe('download across origins in a browser', () => {
  // Asked for leave to send If-Range, and with headers hidden, as a page gets it from most hosts.
  const hidden = ['etag', 'content-range'];
  beforeAll(() => {
    Object.assign(globalThis, { location: { origin: 'https://page.example' } });
  });
  afterAll(() => {
    Reflect.deleteProperty(globalThis, 'location');
  });

  it('goes on where it was cut, by what the answer says of the file', async () => {
    const conditions: unknown[] = [];
    const part = file(BYTES, { lastModified: YESTERDAY, hidden });
    host.answer(
      file(BYTES, { cutAfter: 50_000, lastModified: YESTERDAY, hidden }),
      (request, response) => {
        conditions.push(request.headers['if-range']);
        part(request, response);
      },
    );
    expect(sum((await download(host.url, FAST)).bytes)).toBe(sum(BYTES));
    expect(host.asked).toEqual(['all', 'bytes=50000-']);
    expect(conditions).toEqual([undefined]);
  });

  it.each([
    ['has changed', { lastModified: 'today' }],
    ['says nothing', {}],
  ])('starts over where the answer %s', async (_, after) => {
    host.answer(
      file(BYTES, { cutAfter: 50_000, lastModified: YESTERDAY, hidden }),
      file(CHANGED, { ...after, hidden }),
    );
    expect(sum((await download(host.url, FAST)).bytes)).toBe(sum(CHANGED));
    expect(host.asked).toEqual(['all', 'bytes=50000-', 'all']);
  });
});

describe('progress', () => {
  const follow = async (options: DownloadOptions = {}) => {
    const steps: Progress[] = [];
    await download(host.url, { ...FAST, ...options, onProgress: (step) => steps.push(step) });
    return steps;
  };

  it.each([
    ['at once', [file(BYTES)]],
    ['in parts', [file(BYTES, { cutAfter: 120_000 }), file(BYTES)]],
    ['all over again', [file(BYTES, { cutAfter: 120_000 }), file(BYTES, { ranges: false })]],
    ['without a length', [file(BYTES, { length: false })]],
  ])('rises and ends at the total where the file comes %s', async (_, handlers) => {
    host.answer(...handlers);
    const steps = await follow();
    const loaded = steps.map((step) => step.done);
    expect(loaded[0]).toBe(0);
    expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
    expect(steps.filter((step) => step.done === BYTES.length).at(-1)).toBe(steps.at(-1));
    expect(steps.at(-1)).toEqual({
      label: 'weights',
      done: BYTES.length,
      total: BYTES.length,
      unit: 'bytes',
    });
  });

  it('hands on what its listener throws, and does not try again', async () => {
    host.answer(file(BYTES));
    const onProgress = ({ done }: Progress) => {
      if (done > 0) throw new Error('mine');
    };
    await expect(download(host.url, { ...FAST, onProgress })).rejects.toThrow('mine');
    expect(host.asked).toHaveLength(1);
  });
});

describe('what comes', () => {
  it('says what the file hashed to: SHA-256, or what was expected', async () => {
    host.answer(file(BYTES));
    const { bytes, ...rest } = await download(host.url);
    expect(sum(bytes)).toBe(sum(BYTES));
    expect(rest).toEqual({ from: 'network', integrity: hash('sha256', BYTES) });
    const integrity = hash('md5', BYTES);
    expect(await download(new URL(host.url), { integrity })).toMatchObject({ integrity });
  });

  it('refuses a file with another hash', async () => {
    host.answer(file(CHANGED));
    const [integrity, got] = [hash('md5', BYTES), hash('md5', CHANGED)];
    await expect(download(host.url, { integrity })).rejects.toMatchObject({
      name: 'WeightsError',
      message:
        `${host.url}: expected md5 ${integrity.hex}, got ${got.hex} of 200000 bytes; ` +
        'the file is corrupt or a different one: try again, or open the address in a browser',
    });
    expect(host.asked).toHaveLength(1);
  });

  it.each([
    [
      { algorithm: 'sha1', hex: '' },
      'integrity.algorithm: expected one of "md5", "sha256", got "sha1"',
    ],
    [
      { algorithm: 'md5', hex: '../../etc' },
      'integrity.hex: expected 32 hexadecimal digits, got "../../etc"',
    ],
  ])('refuses the hash %j', async (integrity, message) => {
    await expect(download(host.url, { integrity } as DownloadOptions)).rejects.toMatchObject({
      name: 'ArgumentError',
      message,
    });
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
          `^file: expected ${algorithm} ${hex}, got [0-9a-f]+ of 199999 bytes; the file is corrupt or a different one: try again, or open the address in a browser$`,
        ),
      );
    },
  );
});
