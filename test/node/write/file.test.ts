import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFile, requireFile, writeFile } from '../../../src/node/write/file';
import { makeFifo } from '../../setup/fifo';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-write-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a file that is written', () => {
  it('takes the place of one that is there, keeps its mode, and tidies up after those who were killed', async () => {
    await writeFile(at('a.md'), 'one');
    writeFileSync(at('secret.md'), 'old', { mode: 0o600 });
    writeFileSync(at('secret.md.resnet-heads-0123abcd.tmp'), 'half');
    // Of a name that only begins in the same way.
    writeFileSync(at('secret.md.resnet-heads-mine.tmp'), 'mine');
    await writeFile(at('secret.md'), 'new');
    expect(readFileSync(at('secret.md'), 'utf8')).toBe('new');
    expect(statSync(at('secret.md')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual([
      ...['a.md', 'secret.md', 'secret.md.resnet-heads-mine.tmp'],
    ]);
  });

  it('goes where a link leads', async () => {
    writeFileSync(at('real'), 'old');
    symlinkSync(at('real'), at('link'));
    await writeFile(at('link'), 'new');
    expect(readFileSync(at('real'), 'utf8')).toBe('new');
    expect(readdirSync(folder).sort()).toEqual(['link', 'real']);
  });

  it('is one of those that were written at once', async () => {
    const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(100_000));
    await Promise.all(texts.map((text) => writeFile(at('file'), text)));
    expect(texts).toContain(readFileSync(at('file'), 'utf8'));
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it.each<[string, () => string, string]>([
    ['a folder', () => folder, 'expected a file, got "a folder"; pass a file in it'],
    ['a device', () => '/dev/null', 'expected a regular file, got "a device or pipe"'],
    [
      'a pipe behind a link',
      () => {
        makeFifo(at('pipe'));
        symlinkSync(at('pipe'), at('link'));
        return at('link');
      },
      'expected a regular file, got "a device or pipe"',
    ],
    ['in a missing folder', () => at('none/a'), 'expected a file that can be written, got ENOENT'],
    [
      'within a file',
      () => {
        writeFileSync(at('file'), '');
        return at('file/a');
      },
      'expected a file that can be written, got ENOTDIR',
    ],
    ['of the system', () => '/proc/a', 'expected a file that can be written, got E'],
    ['nameless', () => '', 'file: expected a path or a file: URL, got ""'],
  ])('is not %s', async (_, make, message) => {
    const path = make();
    const before = readdirSync(folder);
    for (const attempt of [() => requireFile(path), () => writeFile(path, 'new')]) {
      await expect(attempt()).rejects.toMatchObject({
        name: 'ArgumentError',
        message: expect.stringContaining(message) as string,
      });
    }
    expect(readdirSync(folder)).toEqual(before);
  });

  it('is removed with what was left beside it', async () => {
    await writeFile(at('file'), 'one');
    writeFileSync(at('file.resnet-heads-0123abcd.tmp'), 'half');
    mkdirSync(at('other'));
    await removeFile(at('file'));
    await removeFile(at('file'));
    await removeFile(at('none/file'));
    expect(readdirSync(folder)).toEqual(['other']);
  });
});
