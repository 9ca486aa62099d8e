import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resnet, saveWeights } from 'resnet-heads';
import { loadWeights } from 'resnet-heads/node';
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
