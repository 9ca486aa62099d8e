import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { featureCache } from '../../src/node/feature-cache';
import { cachedFiles, picturesIn } from '../setup/cached';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-cache-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const SHAPE = [6];
const open = (key = 'a') => featureCache(folder, [key], SHAPE);
const hashOf = (i: number) => createHash('sha256').update(String(i)).digest('hex');
const featuresOf = (i: number) => Float32Array.from({ length: 6 }, (_, at) => i + at / 8);

async function store(first: number, last: number): Promise<void> {
  const cache = await open();
  for (let i = first; i < last; i++) await cache.write(hashOf(i), featuresOf(i));
  await cache.close();
}

describe('a cache of features', () => {
  it('keeps many pictures in few files, and loses none', async () => {
    for (let run = 0; run < 20; run++) await store(run * 10, run * 10 + 10);
    // So many small files at most, as eight are joined to one.
    expect(cachedFiles(folder).length).toBeLessThan(8);
    const cache = await open();
    for (let i = 0; i < 200; i++) expect(await cache.read(hashOf(i))).toEqual(featuresOf(i));
    expect(await cache.read(hashOf(200))).toBeUndefined();
    expect((await cache.list()).size).toBe(200);
  });

  it('writes before all are there, so that a killed process loses little', async () => {
    const cache = await open();
    for (let i = 0; i < 256; i++) await cache.write(hashOf(i), featuresOf(i));
    expect(await Promise.all(cachedFiles(folder).map(picturesIn))).toEqual([256]);
  });

  it('reads what another process has joined meanwhile', async () => {
    for (let run = 0; run < 7; run++) await store(run, run + 1);
    const reader = await open();
    expect(await reader.read(hashOf(0))).toEqual(featuresOf(0));
    await store(7, 8);
    expect(cachedFiles(folder)).toHaveLength(1);
    for (let i = 0; i < 8; i++) expect(await reader.read(hashOf(i))).toEqual(featuresOf(i));
  });

  it('joins no damaged file', async () => {
    await store(0, 1);
    const [damaged] = cachedFiles(folder);
    for (let run = 1; run < 7; run++) await store(run, run + 1);
    writeFileSync(damaged!, 'damaged');
    await store(7, 8);
    await store(8, 9);
    const cache = await open();
    expect(await cache.read(hashOf(0))).toBeUndefined();
    for (let i = 1; i < 9; i++) expect(await cache.read(hashOf(i))).toEqual(featuresOf(i));
  });

  it('never reads what was computed in another way, or by an earlier version', async () => {
    await store(0, 2);
    const other = await open('b');
    await other.write(hashOf(5), featuresOf(5));
    await other.close();
    const [one, two] = cachedFiles(folder);
    // Each in the other's folder.
    copyFileSync(one!, join(two!, '..', '00000000-0000-4000-8000-000000000000.parquet'));
    copyFileSync(two!, join(one!, '..', '00000000-0000-4000-8000-000000000001.parquet'));
    // One file per picture, before features were kept in Parquet files.
    for (const path of [one, two]) writeFileSync(join(path!, '..', `${hashOf(3)}.safetensors`), '');
    const cache = await open();
    expect(await cache.read(hashOf(3))).toBeUndefined();
    expect(await cache.read(hashOf(5))).toBeUndefined();
    expect(await cache.read(hashOf(1))).toEqual(featuresOf(1));
  });
});
