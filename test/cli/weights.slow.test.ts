import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pretrainedWeights } from 'resnet-heads';
import { writeSafetensors } from '../../src/weights/formats/write-safetensors';
import { cli } from '../setup/cli';
import { file, status, weightServer } from '../setup/weight-server';

const FIXTURE = join(__dirname, '../goldens/weights/keras3.weights.h5');
const BYTES = Uint8Array.from({ length: 1_000 }, (_, i) => i % 251);

describe('resnet-heads weights', () => {
  let folder: string;
  let before: string | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'resnet-heads-cli-'));
    before = process.env['XDG_CACHE_HOME'];
    process.env['XDG_CACHE_HOME'] = folder;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    if (before === undefined) delete process.env['XDG_CACHE_HOME'];
    else process.env['XDG_CACHE_HOME'] = before;
  });

  it('lists what is known by name', async () => {
    const { code, out } = await cli('weights', 'list');
    expect(code).toBe(0);
    for (const { name } of pretrainedWeights()) expect(out).toContain(`\n${name} `);
    const { weights } = JSON.parse((await cli('weights', 'list', '--format', 'json')).out) as {
      weights: unknown;
    };
    expect(weights).toEqual(JSON.parse(JSON.stringify(pretrainedWeights())));
    expect((await cli('weights', 'list', '--format', 'markdown')).out).toMatch(/^\| name /);
  });

  it('pulls, says where to, and verifies', async () => {
    const host = await weightServer();
    host.answer(file(BYTES));
    const first = await cli('weights', 'pull', host.url);
    expect([first.code, first.err]).toEqual([0, '']);
    const [path = '', facts] = first.out.split('\n');
    expect(readdirSync(join(folder, 'resnet-heads/weights'))).toContain(path.split('/').at(-1));
    expect(facts).toMatch(/^0\.0 MB, sha256 [\da-f]{64}, downloaded$/);
    expect((await cli('weights', 'pull', host.url)).out).toMatch(/, already in the cache\n$/);

    const sound = await cli('weights', 'verify');
    expect([sound.code, sound.err]).toEqual([0, '']);
    expect(sound.out).toMatch(/^ok {2}0\.0 MB {2}sha256 [\da-f]{64} {2}\/.*\n$/);
    writeFileSync(path, BYTES.slice(1));
    const damaged = await cli('weights', 'verify');
    expect(damaged.code).toBe(1);
    expect(damaged.out).toMatch(/^damaged /);
    expect(damaged.err).toBe(
      'error: weights: expected 1 intact files, got 1 damaged and 0 without a known hash; a damaged file in the cache is downloaded again at its next use\n',
    );
    await host.close();
  });

  it('says that the cache is empty, and that nobody published a file', async () => {
    expect(await cli('weights', 'verify')).toEqual({
      code: 0,
      out: 'the cache is empty\n',
      err: '',
    });
    const { code, out } = await cli('weights', 'verify', FIXTURE);
    expect(code).toBe(1);
    expect(out).toMatch(/^unknown /);
  });

  it('looks into a file', async () => {
    const { code, out } = await cli('weights', 'inspect', FIXTURE);
    expect(code).toBe(0);
    expect(out).toMatch(/^format +\| Keras 3 HDF5 weights$/m);
    expect(out).toMatch(/^array +\| +shape \| parameters$/m);
    const found = JSON.parse(
      (await cli('weights', 'inspect', FIXTURE, '--format', 'json')).out,
    ) as {
      arrays: unknown[];
    };
    expect(found.arrays).toHaveLength(104);
  });

  it('tells what is wrong in one line: 2 for arguments, 1 for files and hosts', async () => {
    const host = await weightServer();
    host.answer(status(404));
    const missing = await cli('weights', 'pull', host.url);
    expect([missing.code, missing.err]).toEqual([
      1,
      `error: ${host.url}: expected the file, got status 404; check the address, or use a mirror that has the file\n`,
    ]);
    await host.close();
    const broken = join(folder, 'broken');
    writeFileSync(broken, 'a page');
    expect(await cli('weights', 'inspect', broken)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: weights: expected HDF5, [^\n]*\n$/) as string,
    });
    for (const args of [['pull', 'resnet18'], ['inspect', join(folder, 'none')], ['pull']]) {
      const { code, err } = await cli('weights', ...args);
      expect(code).toBe(2);
      expect(err).toMatch(/^error: [^\n]+\n$/);
    }
  });

  it('inspects 200,000 arrays, and safetensors in several files by their index', async () => {
    const arrays = Array.from({ length: 200_000 }, (_, i) => ({
      name: `x${i}`,
      shape: [0],
      data: new Float32Array(0),
    }));
    const shard = 'model-00001-of-00001.safetensors';
    writeFileSync(join(folder, shard), writeSafetensors(arrays));
    const whole = await cli('weights', 'inspect', join(folder, shard));
    expect([whole.code, whole.err]).toEqual([0, '']);
    expect(whole.out).toContain('200,000');
    const map = Object.fromEntries(arrays.map(({ name }) => [name, shard]));
    const index = join(folder, 'model.safetensors.index.json');
    writeFileSync(index, JSON.stringify({ weight_map: map }));
    const sharded = await cli('weights', 'inspect', index, '--format', 'json');
    expect([sharded.code, sharded.err]).toEqual([0, '']);
    const found = JSON.parse(sharded.out) as Record<string, unknown>;
    expect(found).toMatchObject({ format: 'safetensors', params: 0 });
    expect(found['sha256']).toBeUndefined();
    expect(found['arrays']).toHaveLength(200_000);
  });
});
