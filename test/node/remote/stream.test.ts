import { randomBytes } from 'node:crypto';
import { readAddress } from '../../../src/node/remote/stream';
import { readPicture } from '../../../src/node/remote/picture';
import { environmentFor, type ObjectStore, startObjectStore } from '../../setup/object-store';

jest.mock('../../../src/node/remote/timing', () => ({
  ...{ TIMEOUT_MS: 300, RETRIES: 2, RETRY_DELAY_MS: 1, MAX_ATTEMPTS: 3 },
}));

const bytes = randomBytes(300_000);
let store: ObjectStore;
beforeAll(async () => {
  store = await startObjectStore();
  Object.assign(process.env, environmentFor(store));
  store.objects.set('a b/c.bin', bytes);
});
afterAll(() => store.close());
afterEach(() => {
  store.calls.length = 0;
  store.fault = () => undefined;
});

const tooLarge = (size: number) => new Error(`${size} is too large`);
const read = (address: string, signal?: AbortSignal) =>
  readAddress(address, bytes.length, tooLarge, { signal });

describe.each([
  ['the web', () => `${store.web}/a%20b/c.bin`],
  ['object storage', () => 's3://bucket/a b/c.bin'],
])('reading from %s', (_, addressOf) => {
  it('gives the bytes of a file', async () => {
    expect((await read(addressOf())).equals(bytes)).toBe(true);
  });

  it.each(['cut', 'silent'] as const)('reads on where a connection was %s', async (fault) => {
    store.fault = ({ before }) => (before < 2 ? fault : undefined);
    expect((await read(addressOf())).equals(bytes)).toBe(true);
    expect(store.calls).toHaveLength(3);
  });

  it.each(['slow down', 429, 500] as const)('tries again after %s', async (fault) => {
    store.fault = ({ before }) => (before < 2 ? fault : undefined);
    expect((await read(addressOf())).equals(bytes)).toBe(true);
  });

  it('gives up on a server that stays overloaded, and skips no picture for it', async () => {
    store.fault = () => 'slow down';
    const error = await readPicture(addressOf(), bytes.length, undefined).catch((e: unknown) => e);
    expect(error).toMatchObject({
      name: 'NetworkError',
      message: expect.stringMatching(/within 3 tries, got status 503/) as string,
    });
    expect(store.calls).toHaveLength(3);
  });

  it.each([403, 404])('skips a picture of status %d, without another try', async (status) => {
    store.fault = () => status;
    const reading = readPicture(addressOf(), bytes.length, undefined);
    await expect(reading).rejects.toMatchObject({ name: 'PictureError' });
    await expect(read(addressOf())).rejects.toMatchObject({ name: 'NetworkError' });
    expect(store.calls).toHaveLength(2);
  });

  it('skips a picture that is too large, without reading all of it', async () => {
    const error = await readPicture(addressOf(), 1000, undefined).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: 'PictureError' });
    expect(String(error)).toMatch('over 1000 bytes; save it with at most 1000');
  });

  it('refuses a file that changes while it is read', async () => {
    store.fault = ({ before }) => {
      if (before > 0) return undefined;
      setTimeout(() => store.objects.set('a b/c.bin', randomBytes(300_000)), 20);
      return 'silent';
    };
    await expect(read(addressOf())).rejects.toThrow(/got another one; run the same command again/);
    store.objects.set('a b/c.bin', bytes);
  });

  it('stops at a signal while it waits', async () => {
    store.fault = () => 'silent';
    const ending = new AbortController();
    setTimeout(() => {
      ending.abort(new Error('enough'));
    }, 50);
    await expect(read(addressOf(), ending.signal)).rejects.toThrow('enough');
    expect(store.calls).toHaveLength(1);
  });
});

it('tells of a host that doesn’t answer', async () => {
  await expect(read('http://127.0.0.1:9/a.jpg')).rejects.toThrow(/within 3 tries, got no connect/);
});
