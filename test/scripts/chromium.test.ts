import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findChromium } from '../../scripts/chromium/find';
import { hasPackagedChromium, unpackedChromium } from '../../scripts/chromium/package';

jest.mock('../../scripts/chromium/package');

const [first, second] = ['first', 'second'];
let folder: string;
let env: NodeJS.ProcessEnv;

const place = (...names: string[]) => join(folder, ...names);
function makeExecutable(...names: string[]): string {
  writeFileSync(place(...names), '', { mode: 0o700 });
  return place(...names);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chromium-'));
  for (const each of [first, second]) mkdirSync(place(each));
  env = { PATH: [place(first), place(second)].join(delimiter), HOME: '/home/someone' };
  jest.mocked(hasPackagedChromium).mockReturnValue(false);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('findChromium', () => {
  it('takes the one that CHROMIUM names before the package’s and one on the PATH', async () => {
    jest.mocked(hasPackagedChromium).mockReturnValue(true);
    makeExecutable(first, 'chromium');
    const named = makeExecutable('mine');
    expect(await findChromium({ ...env, CHROMIUM: named })).toEqual({ executablePath: named });
    expect(unpackedChromium).not.toHaveBeenCalled();
  });

  it.each(['none', 'file', first])('refuses a CHROMIUM that is no executable: %s', async (name) => {
    makeExecutable(first, 'chromium');
    writeFileSync(place('file'), '', { mode: 0o600 });
    await expect(findChromium({ ...env, CHROMIUM: place(name) })).rejects.toThrow(
      `CHROMIUM: expected the path of an executable file, got ${place(name)}; correct it, or unset it`,
    );
  });

  it('takes the package’s with its environment where it has one for this machine', async () => {
    jest.mocked(hasPackagedChromium).mockReturnValue(true);
    const added = { FONTCONFIG_FILE: '/cache/fonts.conf' };
    const unpacked = { executable: '/cache/chromium', folder: '/cache', env: added };
    jest.mocked(unpackedChromium).mockResolvedValue(unpacked);
    makeExecutable(first, 'chromium');
    expect(await findChromium({ ...env, CHROMIUM: '' })).toEqual({
      executablePath: '/cache/chromium',
      env: { ...env, CHROMIUM: '', ...added },
    });
  });

  it('takes the first on the PATH elsewhere', async () => {
    mkdirSync(place(first, 'chromium'));
    const found = makeExecutable(second, 'google-chrome');
    expect(await findChromium(env)).toEqual({ executablePath: found });
  });

  it('says what to do where there is none', async () => {
    await expect(findChromium(env)).rejects.toThrow(/^Chromium: expected .* CHROMIUM$/);
  });
});
