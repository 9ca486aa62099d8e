import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { s3Store } from '../../../src/node/features/s3-store';
import type { Store } from '../../../src/node/features/store';
import { environmentFor, type ObjectStore, startObjectStore } from '../../setup/object-store';

jest.mock('../../../src/node/remote/timing', () => ({
  ...{ TIMEOUT_MS: 300, RETRIES: 2, RETRY_DELAY_MS: 1, MAX_ATTEMPTS: 3 },
}));

/** More than a part, so that the upload has several. */
const large = randomBytes(20 * 2 ** 20);
let server: ObjectStore;
let store: Store;
beforeAll(async () => {
  server = await startObjectStore();
  Object.assign(process.env, environmentFor(server));
  store = await s3Store('s3://bucket/out/');
});
afterAll(() => server.close());
afterEach(() => {
  server.fault = () => undefined;
  server.calls.length = 0;
  server.objects.clear();
  server.uploads.clear();
});

const drafts = () => readdirSync(tmpdir()).filter((name) => name.startsWith('resnet-heads-shard-'));
const write = (bytes: Buffer) =>
  store.write('x.bin', async (append) => {
    for (let i = 0; i < bytes.length; i += 2 ** 20) await append(bytes.subarray(i, i + 2 ** 20));
  });

describe('s3Store', () => {
  it.each([
    ['in one piece', large.subarray(0, 5000)],
    ['in parts', large],
  ])('writes a file %s, and reads it', async (_, bytes) => {
    await write(bytes);
    expect(server.objects.get('out/x.bin')?.equals(bytes)).toBe(true);
    const file = await store.file('x.bin');
    expect(file?.size).toBe(bytes.length);
    const some = (await file?.slice(1000, 3000)) ?? new Uint8Array();
    expect(Buffer.from(some).equals(bytes.subarray(1000, 3000))).toBe(true);
    // Readers take the memory that bytes are in for the bytes alone.
    expect(some.buffer.byteLength).toBe(2000);
    expect(server.uploads.size).toBe(0);
  });

  it.each(['cut', 'slow down'] as const)('sends a part again that was %s', async (fault) => {
    let isBroken = false;
    server.fault = ({ query }) => {
      if (isBroken || query.get('partNumber') !== '2') return undefined;
      isBroken = true;
      return fault;
    };
    await write(large);
    expect(isBroken).toBe(true);
    expect(server.objects.get('out/x.bin')?.equals(large)).toBe(true);
  });

  it('leaves nothing of an upload that keeps being cut', async () => {
    const before = drafts();
    server.fault = ({ query }) => (query.get('partNumber') === '2' ? 'cut' : undefined);
    await expect(write(large)).rejects.toMatchObject({
      name: 'NetworkError',
      message: expect.stringMatching(/^s3:\/\/bucket\/out\/x\.bin: expected access /) as string,
    });
    expect([server.objects.size, server.uploads.size, drafts()]).toEqual([0, 0, before]);
  });

  it('leaves nothing of a file whose content fails', async () => {
    const before = drafts();
    const failing = store.write('x.bin', async (append) => {
      await append(large);
      throw new Error('no more');
    });
    await expect(failing).rejects.toThrow('no more');
    expect([server.calls.length, drafts()]).toEqual([0, before]);
  });

  it('keeps the first of two small files, also where no condition is known', async () => {
    expect(await store.text('m.json')).toBeUndefined();
    await store.create('m.json', 'first');
    await store.create('m.json', 'second');
    expect(await store.text('m.json')).toBe('first');
    server.objects.clear();
    server.fault = ({ method, before }) => (method === 'PUT' && before === 2 ? 501 : undefined);
    await store.create('m.json', 'third');
    expect(await store.text('m.json')).toBe('third');
  });

  it('lists files of its own level, over several pages', async () => {
    expect(await store.names()).toEqual([]);
    for (const name of ['a', 'b', 'c', 'd', 'e/f']) server.objects.set(`out/${name}`, large);
    server.objects.set('outside', large);
    expect(await store.names()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('tells of a file that changes after it was opened', async () => {
    await write(large.subarray(0, 5000));
    const file = await store.file('x.bin');
    await write(large.subarray(1, 5001));
    await expect(file?.slice(0, 10)).rejects.toThrow('another one');
    expect(await store.file('none')).toBeUndefined();
  });
});
