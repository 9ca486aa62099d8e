import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type LayersModel, memory } from '@tensorflow/tfjs';
import { loadWeights, type Progress, resnet, saveWeights } from 'resnet-heads';
import { parseSafetensors } from '../../src/weights/formats/safetensors';
import { writeSafetensors } from '../../src/weights/formats/write-safetensors';
import { miniClassifier, numbers } from '../setup/mini-resnet';
import { file, status, weightServer } from '../setup/weight-server';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-load-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** `work` with an environment variable set. */
async function withMirror<T>(value: string, work: () => Promise<T>): Promise<T> {
  const before = process.env['RESNET_HEADS_MIRROR'];
  process.env['RESNET_HEADS_MIRROR'] = value;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env['RESNET_HEADS_MIRROR'];
    else process.env['RESNET_HEADS_MIRROR'] = before;
  }
}

/** A model's weights in two files, and what a host or a folder has of them, by name. */
async function shardsOf(model: LayersModel): Promise<Map<string, Uint8Array>> {
  const { arrays } = parseSafetensors(await saveWeights(model));
  const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
  const halves = [arrays.slice(0, 40), arrays.slice(40)];
  const map = Object.fromEntries(
    halves.flatMap((half, i) => half.map(({ name }) => [name, names[i]!])),
  );
  const index = new TextEncoder().encode(JSON.stringify({ metadata: {}, weight_map: map }));
  return new Map([
    ['model.safetensors.index.json', index],
    ...halves.map((half, i) => [names[i]!, writeSafetensors(half)] as const),
  ]);
}

describe('loadWeights of safetensors in several files', () => {
  it('reads them by the path of their index', async () => {
    const [drawn, model] = [miniClassifier('v1', 10, 1), miniClassifier('v1', 10, 2)];
    const files = await shardsOf(drawn);
    for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
    const path = join(folder, 'model.safetensors.index.json');
    for (const source of [path, pathToFileURL(path), pathToFileURL(path).href]) {
      const tensors = memory().numTensors;
      const report = await loadWeights(model, source);
      expect(report).toMatchObject({ source: String(source), from: 'disk', unused: [] });
      expect(report.sha256).toBeUndefined();
      expect(numbers(model)).toEqual(numbers(drawn));
      expect(memory().numTensors).toBe(tensors);
    }
    const before = numbers(model);
    const shard = join(folder, 'model-00002-of-00002.safetensors');
    writeFileSync(shard, files.get('model-00002-of-00002.safetensors')!.subarray(0, -1));
    await expect(loadWeights(model, path)).rejects.toThrow(/^model-00002-of-00002\.safetensors: /);
    rmSync(shard);
    await expect(loadWeights(model, path)).rejects.toThrow(
      `source: expected the files that the index lists, beside it, got "${shard}"; there is no such file`,
    );
    expect(numbers(model)).toEqual(before);
    const integrity = {
      algorithm: 'sha256',
      hex: createHash('sha256').update(files.get('model.safetensors.index.json')!).digest('hex'),
    } as const;
    await expect(loadWeights(model, path, { integrity })).rejects.toThrow(
      'integrity: expected none for an index of several files, whose own hash does not cover them',
    );
    drawn.dispose();
    model.dispose();
  });

  it('fetches them by the URL of their index, and reports ever more bytes', async () => {
    const [drawn, model] = [miniClassifier('v1', 10, 1), miniClassifier('v1', 10, 2)];
    const files = await shardsOf(drawn);
    const host = await weightServer();
    host.answer((request, response) => {
      const bytes = files.get(request.url?.split('/').at(-1)?.split('?')[0] ?? '');
      (bytes ? file(bytes) : status(404))(request, response);
    });
    const url = new URL('/repo/model.safetensors.index.json?download=true', host.url).href;
    const seen: Progress[] = [];
    const report = await loadWeights(model, url, {
      cacheFolder: folder,
      onProgress: (progress) => seen.push(progress),
    });
    expect(report).toMatchObject({ source: url, from: 'network', unused: [] });
    expect(numbers(model)).toEqual(numbers(drawn));
    const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    expect(seen.at(-1)).toMatchObject({ done: bytes, total: bytes, unit: 'bytes' });
    const done = seen.map((progress) => progress.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    const again = await loadWeights(model, url, { cacheFolder: folder });
    expect(again.from).toBe('cache');
    files.delete('model-00002-of-00002.safetensors');
    await expect(loadWeights(model, url, { cache: false })).rejects.toThrow(
      '/repo/model-00002-of-00002.safetensors: expected the file, got status 404',
    );
    await host.close();
    drawn.dispose();
    model.dispose();
  });
});

describe('loadWeights in Node', () => {
  it('reads a file by its path and by its URL', async () => {
    const [drawn, model] = [miniClassifier('v1', 10, 1), miniClassifier('v1', 10, 2)];
    const path = join(folder, 'a file of weights');
    writeFileSync(path, await saveWeights(drawn));
    for (const source of [path, pathToFileURL(path), pathToFileURL(path).href]) {
      const report = await loadWeights(model, source);
      expect(report).toMatchObject({ source: String(source), from: 'disk', unused: [] });
      expect(numbers(model)).toEqual(numbers(drawn));
    }
    drawn.dispose();
    model.dispose();
  });

  it('holds a file to its hash, and says what it hashes to', async () => {
    const [drawn, model] = [miniClassifier('v1', 10, 1), miniClassifier('v1', 10, 2)];
    const path = join(folder, 'weights');
    const bytes = await saveWeights(drawn);
    writeFileSync(path, bytes);
    const hashed = (algorithm: 'md5' | 'sha256') => ({
      algorithm,
      hex: createHash(algorithm).update(bytes).digest('hex').toUpperCase(),
    });
    const before = numbers(model);
    const wrong = { algorithm: 'sha256', hex: '0'.repeat(64) } as const;
    const { hex } = hashed('sha256');
    await expect(loadWeights(model, path, { integrity: wrong })).rejects.toThrow(
      `${path}: expected sha256 ${wrong.hex}, got ${hex.toLowerCase()} of ${bytes.length} bytes; `,
    );
    expect(numbers(model)).toEqual(before);
    for (const integrity of [undefined, hashed('md5'), hashed('sha256')]) {
      const report = await loadWeights(model, path, integrity && { integrity });
      expect([report.sha256, report.verified]).toEqual([hex.toLowerCase(), integrity]);
    }
    expect(numbers(model)).toEqual(numbers(drawn));
    drawn.dispose();
    model.dispose();
  });

  it('says what it takes where there is no such file', async () => {
    const model = miniClassifier('v1', 10, 2);
    const before = numbers(model);
    const missing = join(folder, 'nothing.h5');
    const expected =
      'source: expected "imagenet", a name of pretrainedWeights(), an http(s) URL, or the path of a file, got';
    await expect(loadWeights(model, missing)).rejects.toMatchObject({
      name: 'ArgumentError',
      message: `${expected} "${missing}"; there is no such file`,
    });
    await expect(loadWeights(model, folder)).rejects.toThrow(
      `${expected} "${folder}"; this is a folder`,
    );
    await expect(loadWeights(model, new URL('ftp://host/file'))).rejects.toThrow(
      `${expected} "ftp://host/file"; there is no such file`,
    );
    await expect(loadWeights(model, null as unknown as string)).rejects.toThrow(
      'source: expected a name, a URL, bytes, a Blob or tensors by name, got null',
    );
    await expect(loadWeights(model, missing, null as unknown as object)).rejects.toThrow(
      'options: expected an options object, got null',
    );
    expect(numbers(model)).toEqual(before);
    model.dispose();
  });

  it('keeps what it downloads, unless it is told not to', async () => {
    const host = await weightServer();
    const model = miniClassifier('v1', 10, 1);
    host.answer(file(await saveWeights(model)));
    const cacheFolder = join(folder, 'cache');
    const load = async (options = {}) =>
      (await loadWeights(model, host.url, { cacheFolder, ...options })).from;
    expect(await load({ cache: false })).toBe('network');
    expect(readdirSync(folder)).toEqual([]);
    expect([await load(), await load()]).toEqual(['network', 'cache']);
    expect(readdirSync(cacheFolder)).toHaveLength(2);
    model.dispose();
    await host.close();
  });

  it('fetches by name from the host that the environment names, and the option before that', async () => {
    const host = await weightServer();
    host.answer(status(404));
    const model = resnet({ inputShape: [32, 32, 3], variant: 'v1.5', weights: 'pending' });
    const name = 'timm/resnet50.tv_in1k';
    const load = (options = {}) => loadWeights(model, name, { cache: false, ...options });
    const [environment, option] = ['/environment/', '/option'].map(
      (path) => new URL(path, host.url).href,
    );
    await withMirror(environment!, async () => {
      await expect(load()).rejects.toThrow(`${environment}${name}/resolve/main/model.safetensors`);
      await expect(load({ mirror: option })).rejects.toThrow(`${option}/${name}/`);
    });
    await withMirror('host.example', async () => {
      await expect(load()).rejects.toThrow(
        '$RESNET_HEADS_MIRROR: expected an http(s) address, got "host.example"',
      );
      await expect(load({ mirror: 'elsewhere' })).rejects.toThrow(
        'mirror: expected an http(s) address, got "elsewhere"',
      );
    });
    model.dispose();
    await host.close();
  });
});
