import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resnet, saveWeights } from 'resnet-heads';
import { diskCache } from '../../src/node/disk-cache';
import {
  inspectWeights,
  pullWeights,
  type Verdict,
  verifyCache,
  verifyFile,
} from '../../src/node/weight-files';
import { file, status, weightServer, type WeightServer } from '../setup/weight-server';

const BYTES = Uint8Array.from({ length: 1_000 }, (_, i) => i % 251);
const SHA256 = {
  algorithm: 'sha256',
  hex: createHash('sha256').update(BYTES).digest('hex'),
} as const;
const fixture = (name: string) => join(__dirname, '../goldens/weights', name);

let host: WeightServer;
let folder: string;
beforeEach(async () => {
  host = await weightServer();
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-files-'));
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});
const cache = () => diskCache({ folder });

describe('pullWeights', () => {
  it('fetches a file into the cache, once', async () => {
    host.answer(file(BYTES));
    const first = await pullWeights(host.url, { cache: cache(), integrity: SHA256 });
    expect(first).toMatchObject({ url: host.url, from: 'network', integrity: SHA256 });
    expect(new Uint8Array(readFileSync(first.path))).toEqual(BYTES);
    const second = await pullWeights(host.url, { cache: cache(), integrity: SHA256 });
    expect(second).toMatchObject({ path: first.path, from: 'cache' });
    expect(host.asked).toHaveLength(1);
  });

  it('finds weights by name on a mirror, and holds them to their publisher’s hash', async () => {
    const urls: (string | undefined)[] = [];
    const answer = file(BYTES);
    host.answer((request, response) => {
      urls.push(request.url);
      answer(request, response);
    });
    const pull = (name: string, top = false) =>
      pullWeights(name, { cache: cache(), mirror: new URL('/m', host.url).href, top });
    await expect(pull('imagenet')).rejects.toThrow(
      'expected md5 4d473c1dd8becc155b73f8504c6f6626, got',
    );
    await expect(pull('keras/resnet101', true)).rejects.toThrow(
      'expected md5 f1aeb4b969a6efcfb50fad2f0c20cfc5, got',
    );
    expect((await pull('timm/resnet50.a1_in1k')).from).toBe('network');
    expect(urls).toEqual([
      '/m/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5',
      '/m/resnet101_weights_tf_dim_ordering_tf_kernels.h5',
      '/m/timm/resnet50.a1_in1k/resolve/main/model.safetensors',
    ]);
  });

  it('fails where the file can’t be kept', async () => {
    host.answer(file(BYTES));
    writeFileSync(join(folder, 'file'), '');
    await expect(
      pullWeights(host.url, { cache: diskCache({ folder: join(folder, 'file/cache') }) }),
    ).rejects.toThrow('expected a working cache, got ENOTDIR');
    host.answer(file(BYTES, { etag: null }));
    await expect(pullWeights(host.url, { cache: cache() })).rejects.toThrow(
      `${host.url}: expected an ETag, a Last-Modified date or a hash to cache it by, got none; pass its hash`,
    );
  });

  it('refuses a name that nobody knows', async () => {
    await expect(pullWeights('resnet18')).rejects.toThrow(
      /^name: expected an http\(s\) URL, or one of keras\/resnet50, .*, got "resnet18"$/,
    );
  });
});

describe('verifyCache', () => {
  const verdicts = async () => {
    const found: Verdict[] = [];
    for await (const verdict of verifyCache(cache())) found.push(verdict);
    return found;
  };

  it('tells what is whole, damaged, and beyond telling', async () => {
    expect(await verdicts()).toEqual([]);
    host.answer(file(BYTES));
    const { path } = await pullWeights(host.url, { cache: cache(), integrity: SHA256 });
    const { path: byAddress } = await pullWeights(host.url, { cache: cache() });
    const states = async () => (await verdicts()).map(({ state }) => state);
    expect(await verdicts()).toEqual([
      { path, bytes: 1_000, state: 'ok', integrity: SHA256 },
      { path: byAddress, bytes: 1_000, state: 'ok', integrity: SHA256 },
    ]);
    writeFileSync(path, BYTES.slice(1));
    expect(await states()).toEqual(['damaged', 'ok']);
    writeFileSync(`${byAddress}.json`, '');
    expect(await states()).toEqual(['damaged', 'unknown']);
  });

  it('leaves out what isn’t whole, and what isn’t its own', async () => {
    host.answer(file(BYTES, { cutAfter: 500 }), status(404));
    await expect(pullWeights(host.url, { cache: cache(), retries: 0 })).rejects.toThrow();
    writeFileSync(join(folder, 'notes.txt'), '');
    expect(await verdicts()).toEqual([]);
  });
});

describe('verifyFile', () => {
  it('does not know what nobody published', async () => {
    const path = join(folder, 'weights');
    writeFileSync(path, BYTES);
    expect(await verifyFile(path)).toEqual({
      path,
      bytes: 1_000,
      state: 'unknown',
      integrity: SHA256,
    });
  });
});

describe('inspectWeights', () => {
  it.each([
    ['keras2-weights.h5', 'Keras 2 HDF5 weights', 0],
    ['keras3-legacy-model.h5', 'Keras HDF5 model', 0],
    ['keras3-unnamed.weights.h5', 'Keras 3 HDF5 weights', 0],
    ['keras3.keras', 'Keras 3 archive', 0],
    ['torch-v15-f16.safetensors', 'safetensors', 17],
  ])('tells what is in %s', async (name, format, skipped) => {
    const path = fixture(name);
    const { arrays, params, ...found } = await inspectWeights(path);
    const bytes = readFileSync(path);
    expect(found).toMatchObject({
      format,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(found.skipped).toHaveLength(skipped);
    const sizes = arrays.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(params);
    expect(params).toBeGreaterThan(1_000);
  });

  it('takes an address, and tells a ResNet by its names', async () => {
    const model = resnet({
      depth: 101,
      variant: 'v1.5',
      inputShape: [32, 32, 3],
      weights: 'pending',
    });
    host.answer(file(await saveWeights(model)));
    const { resnet: identity, params } = await inspectWeights(host.url, { cache: cache() });
    expect(identity).toEqual({ depth: 101, variant: 'v1.5' });
    expect(params).toBe(model.countParams());
    model.dispose();
  });
});
