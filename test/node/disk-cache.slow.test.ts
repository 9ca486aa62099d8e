import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os, { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { diskCache } from '../../src/node/disk-cache';
import type { WeightCache } from '../../src/weights/download/cache';
import { download } from '../../src/weights/download/download';
import type { DownloadOptions } from '../../src/weights/download/options';
import { reportOf, startChild } from '../setup/child';
import { file, status, weightServer, type WeightServer } from '../setup/weight-server';

const BYTES = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 251);
const CHANGED = BYTES.map((byte) => byte ^ 1);
const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const MD5 = { algorithm: 'md5', hex: createHash('md5').update(BYTES).digest('hex') } as const;
const SHA256 = { algorithm: 'sha256', hex: sum(BYTES) } as const;
const ENTRY = `md5-${MD5.hex}-weights.safetensors`;
/** The defaults are 25 times as patient. */
const LOCK = { heartbeatMs: 20, staleMs: 400, pollMs: 10 };

let host: WeightServer;
let folder: string;
let warnings: string[];

beforeEach(async () => {
  host = await weightServer();
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-cache-'));
  warnings = [];
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Loading extends DownloadOptions {
  readonly cache?: WeightCache;
}

const load = ({ cache = diskCache({ folder, lock: LOCK }), ...options }: Loading = {}) =>
  download(
    host.url,
    {
      retryDelayMs: 1,
      timeoutMs: 5_000,
      retries: 0,
      onWarning: ({ message }) => warnings.push(message),
      ...options,
    },
    cache,
  );

/** Names in the folder, with what is random in them left out. */
const names = () =>
  readdirSync(folder)
    .map((name) => name.replace(/[\da-f]{8}(-[\da-f]+){4}/, '*'))
    .sort();

const partial = () => {
  const name = readdirSync(folder).find((each) => each.endsWith('.partial'));
  return name === undefined ? 0 : statSync(join(folder, name)).size;
};

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

/** Leaves the beginning of a file, as an interrupted download does. */
async function breakOff(options: DownloadOptions = {}): Promise<void> {
  host.answer(file(BYTES, { cutAfter: 50_000 }));
  await expect(load(options)).rejects.toThrow('got no connection');
}

describe('a cached file', () => {
  it('is fetched once where its hash is known, from wherever it comes', async () => {
    host.answer(file(BYTES), status(500));
    const first = await load({ integrity: MD5 });
    const elsewhere = new URL('/mirror/weights.safetensors?token=1', host.url);
    const second = await download(
      elsewhere,
      { integrity: { ...MD5, hex: MD5.hex.toUpperCase() } },
      diskCache({ folder }),
    );
    expect([first.from, second.from]).toEqual(['network', 'cache']);
    expect([sum(first.bytes), sum(second.bytes)]).toEqual([sum(BYTES), sum(BYTES)]);
    expect(host.asked).toHaveLength(1);
    expect(names()).toEqual([ENTRY, `${ENTRY}.json`]);
    expect(warnings).toEqual([]);
  });

  it('goes by its address where no hash is known, and is asked for again', async () => {
    host.answer(file(BYTES));
    const [first, second] = [await load(), await load()];
    expect([first.from, second.from]).toEqual(['network', 'cache']);
    expect(second.integrity).toEqual(SHA256);
    expect(host.asked).toHaveLength(2);
    expect(host.sent).toBe(BYTES.length);
    host.answer(file(CHANGED, { etag: '"2"' }));
    const third = await load();
    expect([third.from, sum(third.bytes)]).toEqual(['network', sum(CHANGED)]);
    expect(sum((await load()).bytes)).toBe(sum(CHANGED));
    expect(warnings).toEqual([]);
  });

  it('is used without a word from the server, with a warning, where no hash is known', async () => {
    host.answer(file(BYTES, { etag: null, lastModified: 'yesterday' }), status(503));
    await load();
    const { from, bytes } = await load();
    expect([from, sum(bytes)]).toEqual(['cache', sum(BYTES)]);
    expect(warnings).toEqual([
      `${host.url}: expected an answer whether the cached file is current, got none; the cached file is used`,
    ]);
    host.answer(status(404));
    await expect(load()).rejects.toThrow('got status 404');
  });

  it('is not kept where nothing would tell that it is old', async () => {
    host.answer(file(BYTES, { etag: null }));
    await load();
    expect(names()).toEqual([]);
  });

  it.each([
    ['cut', BYTES.slice(1)],
    ['changed', CHANGED],
    ['empty', new Uint8Array(0)],
  ])('is fetched anew where it was %s', async (_, damaged) => {
    host.answer(file(BYTES));
    await load({ integrity: MD5 });
    writeFileSync(join(folder, ENTRY), damaged);
    const { from, bytes } = await load({ integrity: MD5 });
    expect([from, sum(bytes)]).toEqual(['network', sum(BYTES)]);
    expect(warnings[0]).toBe(
      `${host.url}: expected an intact file in the cache, got a corrupt one; it is downloaded again`,
    );
    expect(sum(readFileSync(join(folder, ENTRY)))).toBe(sum(BYTES));
  });

  it('is fetched anew where what is known of it is damaged', async () => {
    host.answer(file(BYTES));
    await load();
    const meta = readdirSync(folder).find((name) => name.endsWith('.json'))!;
    writeFileSync(join(folder, meta), '{"sha');
    expect((await load()).from).toBe('network');
    expect((await load()).from).toBe('cache');
  });

  it('never is one with a wrong hash', async () => {
    host.answer(file(CHANGED));
    await expect(load({ integrity: MD5 })).rejects.toThrow(`expected md5 ${MD5.hex}, got `);
    expect(names()).toEqual([]);
  });

  it('lies in $XDG_CACHE_HOME if that is absolute, and in ~/.cache elsewhere', async () => {
    const { XDG_CACHE_HOME: before } = process.env;
    const homedir = jest.spyOn(os, 'homedir').mockReturnValue(join(folder, 'home'));
    host.answer(file(BYTES));
    try {
      for (const xdg of [join(folder, 'xdg'), 'relative']) {
        process.env['XDG_CACHE_HOME'] = xdg;
        await load({ integrity: MD5, cache: diskCache() });
      }
    } finally {
      homedir.mockRestore();
      if (before === undefined) delete process.env['XDG_CACHE_HOME'];
      else process.env['XDG_CACHE_HOME'] = before;
    }
    for (const base of ['xdg', 'home/.cache']) {
      expect(readdirSync(join(folder, base, 'resnet-heads/weights'))).toContain(ENTRY);
    }
  });
});

describe('an interrupted download', () => {
  it.each([
    ['with a hash', { integrity: MD5 }],
    ['without one', {}],
  ])('is gone on with by a later one, %s', async (_, options) => {
    await breakOff(options);
    expect(names()).toEqual([
      expect.stringMatching(/\*\.partial$/),
      expect.stringMatching(/\*\.partial\.json$/),
    ]);
    host.answer(file(BYTES));
    expect(sum((await load(options)).bytes)).toBe(sum(BYTES));
    expect(host.asked.at(-1)).toBe('bytes=50000-');
    expect(host.sent).toBe(BYTES.length);
    expect(names()).toHaveLength(2);
    expect((await load(options)).from).toBe('cache');
  });

  it('starts over where the file has changed', async () => {
    await breakOff();
    host.answer(file(CHANGED, { etag: '"2"' }));
    expect(sum((await load()).bytes)).toBe(sum(CHANGED));
    expect(names()).toHaveLength(2);
  });

  it('starts over where what it left is damaged', async () => {
    await breakOff({ integrity: MD5 });
    const name = readdirSync(folder).find((each) => each.endsWith('.partial'))!;
    writeFileSync(join(folder, name), new Uint8Array(50_000));
    host.answer(file(BYTES));
    expect(sum((await load({ integrity: MD5 })).bytes)).toBe(sum(BYTES));
    expect(host.asked.slice(-2)).toEqual(['bytes=50000-', 'all']);
  });

  it('is whole where only its last step was missing', async () => {
    await breakOff({ integrity: MD5 });
    const name = readdirSync(folder).find((each) => each.endsWith('.partial'))!;
    writeFileSync(join(folder, name), BYTES);
    host.answer(file(BYTES));
    const sent = host.sent;
    expect(sum((await load({ integrity: MD5 })).bytes)).toBe(sum(BYTES));
    expect(host.sent).toBe(sent);
    expect(names()).toEqual([ENTRY, `${ENTRY}.json`]);
  });

  it('leaves nothing else behind when it is told to end', async () => {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    host.answer(file(BYTES, { stallAfter: 50_000 }));
    const promise = load({ integrity: MD5, timeoutMs: 60_000, signal: controller.signal });
    await until(() => partial() === 50_000);
    controller.abort(reason);
    await expect(promise).rejects.toBe(reason);
    expect(names()).toEqual([`${ENTRY}.*.partial`, `${ENTRY}.*.partial.json`]);
  });

  it('leaves nothing where it could not be gone on with, or had not begun', async () => {
    host.answer(file(BYTES, { cutAfter: 50_000, etag: null }));
    await expect(load({ integrity: MD5 })).rejects.toThrow('no connection');
    host.answer(file(BYTES, { stallAfter: 0 }));
    await expect(load({ integrity: MD5, timeoutMs: 50 })).rejects.toThrow('nothing for 50 ms');
    host.answer(status(404));
    await expect(load({ integrity: MD5 })).rejects.toThrow('status 404');
    expect(names()).toEqual([]);
  });
});

describe('processes that want a file at once', () => {
  it('fetch it once', async () => {
    host.answer(file(BYTES, { pace: 30 }));
    const task = { url: host.url, folder, options: { integrity: MD5 } };
    const reports = await Promise.all([task, task].map((each) => reportOf(startChild(each))));
    expect(host.asked).toEqual(['all']);
    expect(host.sent).toBe(BYTES.length);
    expect(reports.map(({ from }) => from).sort()).toEqual(['cache', 'network']);
    expect(reports.map(({ sha256 }) => sha256)).toEqual([sum(BYTES), sum(BYTES)]);
    expect(reports.flatMap((report) => report.warnings)).toEqual([]);
    expect(names()).toEqual([ENTRY, `${ENTRY}.json`]);
  });

  it('go on with what one of them left that was killed', async () => {
    host.answer(file(BYTES, { stallAfter: 50_000 }), file(BYTES));
    const child = startChild({ url: host.url, folder, options: { integrity: MD5 } });
    await until(() => partial() === 50_000);
    const second = load({ integrity: MD5, cache: diskCache({ folder }) });
    await sleep(50);
    // Who holds the lock lives: the second waits.
    expect(host.asked).toEqual(['all']);
    child.kill('SIGKILL');
    const killed = performance.now();
    const { from, bytes } = await second;
    // It is seen to be dead, not waited for.
    expect(performance.now() - killed).toBeLessThan(5_000);
    expect([from, sum(bytes)]).toEqual(['network', sum(BYTES)]);
    expect(host.asked).toEqual(['all', 'bytes=50000-']);
    expect(host.sent).toBe(BYTES.length);
    expect(names()).toEqual([ENTRY, `${ENTRY}.json`]);
  });

  it('fetch it once within one process, too', async () => {
    host.answer(file(BYTES, { pace: 10 }));
    const loads = await Promise.all([1, 2, 3].map(() => load({ integrity: MD5 })));
    expect(loads.map(({ from }) => from).sort()).toEqual(['cache', 'cache', 'network']);
    expect(host.sent).toBe(BYTES.length);
  });
});

describe('a lock', () => {
  const lock = () => join(folder, `${ENTRY}.lock`);
  const holder = (pid: number, host = hostname()) => JSON.stringify({ host, pid, token: 'x' });
  beforeEach(() => {
    host.answer(file(BYTES));
  });

  it.each([
    ['another machine’s', holder(1, 'elsewhere')],
    ['this machine’s, whose number another process has by now', holder(process.pid)],
    ['one whose holder ended before it wrote its name', ''],
  ])('that shows no life is broken: %s', async (_, text) => {
    writeFileSync(lock(), text);
    const start = performance.now();
    await load({ integrity: MD5 });
    expect(performance.now() - start).toBeGreaterThan(LOCK.staleMs);
    expect(names()).toEqual([ENTRY, `${ENTRY}.json`]);
  });

  it('is waited for while its holder lives, for longer than it may be still', async () => {
    const claim = await diskCache({ folder, lock: LOCK }).claim(ENTRY);
    const second = load({ integrity: MD5 });
    await sleep(2 * LOCK.staleMs);
    expect(host.asked).toEqual([]);
    await claim.release();
    expect((await second).from).toBe('network');
  });

  it('is waited for no longer than the signal allows', async () => {
    const claim = await diskCache({ folder, lock: LOCK }).claim(ENTRY);
    await expect(load({ integrity: MD5, signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    await claim.release();
    expect(names()).toEqual([]);
  });

  it('that was taken over is left to who has it now', async () => {
    const claim = await diskCache({ folder, lock: LOCK }).claim(ENTRY);
    writeFileSync(lock(), holder(1, 'elsewhere'));
    await claim.release();
    expect(names()).toEqual([`${ENTRY}.lock`]);
  });

  it('that two have taken over spoils nothing: each writes a file of its own', async () => {
    host.answer(file(BYTES, { pace: 10 }));
    const first = load({ integrity: MD5 });
    await until(() => partial() > 0);
    rmSync(lock());
    const second = await load({ integrity: MD5 });
    const results = [await first, second];
    expect(results.map(({ bytes }) => sum(bytes))).toEqual([sum(BYTES), sum(BYTES)]);
    expect(sum(readFileSync(join(folder, ENTRY)))).toBe(sum(BYTES));
  });
});

describe('a cache that fails', () => {
  const told = (got: string) =>
    `${host.url}: expected a working cache, got ${got}; the file is loaded, and downloaded again next time`;

  it('at any step is told of once, and the file is loaded', async () => {
    const full = () => Promise.reject(new Error('ENOSPC: no space left on device, write'));
    host.answer(file(BYTES));
    const sound = diskCache({ folder, lock: LOCK });
    const failing: WeightCache[] = [
      { ...sound, read: full },
      { ...sound, claim: full },
      ...(['partial', 'begin', 'append', 'commit', 'release'] as const).map((step) => ({
        ...sound,
        read: () => Promise.resolve(undefined),
        claim: async (key: string) => {
          const claim = await sound.claim(key);
          return Object.assign(claim, {
            [step]: step === 'release' ? () => claim.partial().then(full) : full,
          });
        },
      })),
    ];
    for (const cache of failing) {
      warnings = [];
      const { from, bytes } = await load({ cache, integrity: MD5 });
      expect([from, sum(bytes)]).toEqual(['network', sum(BYTES)]);
      expect(warnings).toEqual([told('ENOSPC: no space left on device, write')]);
    }
  });

  it('to keep up is no stalled connection', async () => {
    host.answer(file(BYTES));
    const sound = diskCache({ folder, lock: LOCK });
    const cache: WeightCache = {
      ...sound,
      claim: async (key) => {
        const claim = await sound.claim(key);
        const append = claim.append.bind(claim);
        return Object.assign(claim, {
          append: (chunk: Uint8Array) => sleep(50).then(() => append(chunk)),
        });
      },
    };
    await load({ cache, integrity: MD5, timeoutMs: 40 });
    expect((await load({ integrity: MD5 })).from).toBe('cache');
    expect(warnings).toEqual([]);
  });

  it('because its folder is a file', async () => {
    host.answer(file(BYTES));
    writeFileSync(join(folder, 'file'), '');
    const cache = diskCache({ folder: join(folder, 'file') });
    expect(sum((await load({ cache, integrity: MD5 })).bytes)).toBe(sum(BYTES));
    expect(warnings).toEqual([expect.stringContaining('got EEXIST: file already exists, mkdir')]);
  });

  it('because the disk has no room for it', async () => {
    host.answer(file(BYTES));
    // The shell counts in blocks of 512 bytes, or of 1,024: less than the file either way.
    const task = { url: host.url, folder, options: { integrity: SHA256 } };
    const child = startChild(task, `trap '' XFSZ; ulimit -f 150`);
    expect(await reportOf(child)).toEqual({
      from: 'network',
      sha256: sum(BYTES),
      warnings: [told('EFBIG: file too large, write')],
      left: [],
    });
  });

  it('because it is read-only, which only matters where there is something to write', async () => {
    host.answer(file(BYTES));
    await load();
    chmodSync(folder, 0o555);
    const task = { url: host.url, folder, asNobody: true };
    const [hit, miss] = await Promise.all([
      reportOf(startChild(task)),
      reportOf(startChild({ ...task, options: { integrity: SHA256 } })),
    ]);
    chmodSync(folder, 0o755);
    expect(hit).toMatchObject({ from: 'cache', sha256: sum(BYTES), warnings: [] });
    expect(miss).toMatchObject({ from: 'network', sha256: sum(BYTES) });
    expect(miss.warnings).toEqual([expect.stringContaining('got EACCES: permission denied')]);
  });
});
