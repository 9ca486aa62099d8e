import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFolder, requireFolder, writeFolder } from '../../../src/node/write/folder';
import { letters, LETTERS, readLetters } from '../../setup/letters';

const SCRIPT = join(__dirname, '../../setup/write-child.ts');

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const write = (text: string, to = at('target')) => writeFolder(to, letters(text), LETTERS);
const read = (from = at('target')) => readFolder(from, () => readLetters(from));
/** Writes in a process of its own; a line of shell may set its limits first. */
function child(to: string, text: string, how = '', before = 'true') {
  const command = [process.execPath, '--import', 'tsx', SCRIPT, to, text, how];
  return spawnSync('sh', ['-c', `${before}; exec "$@"`, 'sh', ...command], { encoding: 'utf8' });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-write-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a folder that is written', () => {
  it('is new, or takes the place of an empty one or of its like, and leaves nothing beside', async () => {
    await write('new', at('a/b/target'));
    expect(await read(at('a/b/target'))).toBe('new');
    mkdirSync(at('empty'), { mode: 0o700 });
    await write('filled', `${at('empty')}/`);
    expect(await read(at('empty'))).toBe('filled');
    await write('again', at('empty'));
    expect(await read(at('empty'))).toBe('again');
    // Whoever kept it private finds it private.
    expect(statSync(at('empty')).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder).sort()).toEqual(['a', 'empty']);
    expect(readdirSync(at('a/b'))).toEqual(['target']);
  });

  it.each(['is replaced', 'is moved away'])(
    'is looked at again where it %s while it is looked at',
    async (what) => {
      await write('one');
      let looks = 0;
      const isOurs = () => {
        looks += 1;
        if (looks > 1) return Promise.resolve(true);
        renameSync(at('target'), at('before'));
        if (what === 'is replaced') {
          mkdirSync(at('target'));
          writeFileSync(at('target', String(LETTERS.files[0])), 'two');
        }
        return Promise.resolve(false);
      };
      await requireFolder(at('target'), { ...LETTERS, isOurs });
      expect(looks).toBe(what === 'is replaced' ? 2 : 1);
    },
  );

  it('goes where a link leads, and the link stays', async () => {
    mkdirSync(at('real'));
    symlinkSync(at('real'), at('link'));
    await write('one', at('link'));
    await write('two', at('link'));
    expect(await read(at('real'))).toBe('two');
    expect(readdirSync(folder).sort()).toEqual(['link', 'real']);
  });

  it('does not mind what file managers leave', async () => {
    await write('one');
    writeFileSync(at('target/.DS_Store'), '');
    writeFileSync(at('target/more/Thumbs.db'), '');
    await write('two');
    expect(await read()).toBe('two');
  });

  it.each<[string, () => unknown, string | RegExp]>([
    [
      'a file at its top',
      () => {
        writeFileSync(at('target/notes'), 'mine');
      },
      'got "notes"',
    ],
    [
      'a file deep in it',
      () => {
        writeFileSync(at('target/more/mine'), '');
      },
      'got "more/mine"',
    ],
    [
      'an empty folder',
      () => {
        mkdirSync(at('target/other'));
      },
      'got "other"',
    ],
    [
      'a link under a name of ours',
      () => {
        renameSync(at('target/first'), at('first'));
        symlinkSync(at('first'), at('target/first'));
      },
      'got "first"',
    ],
    [
      'files of our names by others',
      () => {
        writeFileSync(at('target/first'), '1');
      },
      'target: expected a new folder, an empty one, or letters that resnet-heads wrote, got "first, more, which it did not write"; pass another folder',
    ],
    [
      'less than all of it',
      () => {
        rmSync(at('target/first'));
      },
      'got "more, which it did not write',
    ],
  ])('is refused over %s', async (_, change, message) => {
    await write('old');
    change();
    const before = readdirSync(at('target'), { recursive: true });
    await expect(write('new')).rejects.toMatchObject({ name: 'ArgumentError' });
    await expect(write('new')).rejects.toThrow(message);
    await expect(requireFolder(at('target'), LETTERS)).rejects.toThrow(message);
    expect(readdirSync(at('target'), { recursive: true })).toEqual(before);
  });

  it.each<[string, () => string, string | RegExp]>([
    [
      'a file',
      () => {
        writeFileSync(at('file'), 'mine');
        return at('file');
      },
      'expected a folder, got "a file"; pass another path',
    ],
    [
      'a path through a file',
      () => {
        writeFileSync(at('file'), 'mine');
        return at('file/target');
      },
      'expected a folder that can be written, got ENOTDIR',
    ],
    [
      'a link to nothing',
      () => {
        symlinkSync(at('none'), at('link'));
        return at('link');
      },
      'got "a broken link"; pass another path',
    ],
    // Whose permissions allow the superuser what the system refuses.
    ['of the system', () => '/proc/target', 'expected a folder that can be written, got E'],
    ['the root', () => '/', 'got "'],
    ['the current folder', () => '.', 'expected a folder other than the current one'],
    // Whatever else uses it makes it a folder with something in it.
    ['a mount point', () => '/dev/shm', /"a mount point"; pass a folder in it|, an empty one, or /],
    ['a name with a zero byte', () => at('a\0b'), 'expected a folder that can be written, got'],
    ['no name', () => '', 'folder: expected a path or a file: URL, got ""'],
  ])('is not %s', async (_, make, message) => {
    const path = make();
    const before = readdirSync(folder);
    for (const attempt of [() => requireFolder(path, LETTERS), () => write('new', path)]) {
      await expect(attempt()).rejects.toMatchObject({ name: 'ArgumentError' });
      await expect(attempt()).rejects.toThrow(message);
    }
    expect(readdirSync(folder)).toEqual(before);
    if (existsSync(at('file'))) expect(readFileSync(at('file'), 'utf8')).toBe('mine');
  });

  it('is not within the current folder’s reach where that is one of ours', async () => {
    await write('old');
    const before = process.cwd();
    process.chdir(at('target'));
    try {
      await expect(write('new', '.')).rejects.toThrow('the current one');
      await expect(write('new', '../target')).rejects.toThrow('the current one');
      process.chdir('more');
      await expect(write('new')).rejects.toThrow('the current one');
    } finally {
      process.chdir(before);
    }
    expect(await read()).toBe('old');
  });

  it('is told before anything is written where a folder is read-only', () => {
    mkdirSync(at('locked'));
    chmodSync(at('locked'), 0o555);
    chmodSync(folder, 0o755);
    for (const path of [at('locked/target'), at('locked/a/b')]) {
      const { stdout } = child(path, 'new', 'nobody');
      expect(stdout).toBe(
        `ArgumentError: ${path}: expected a folder that can be written, got EACCES: permission denied, access '${at('locked')}'`,
      );
    }
    expect(readdirSync(at('locked'))).toEqual([]);
  });

  it('stays as it was where the disk is full', async () => {
    await write('old');
    // A file of 20 kB is one too large for one block of 512 bytes, or of 1,024.
    const { stdout } = child(at('target'), 'x'.repeat(20), '', "trap '' XFSZ; ulimit -f 1");
    expect(stdout).toBe(
      `ArgumentError: ${at('target')}: expected a folder that can be written, got EFBIG: file too large, write`,
    );
    expect(await read()).toBe('old');
    expect(readdirSync(folder)).toEqual(['target']);
  });

  it('is whole when several are written at once, the last of them', async () => {
    const texts = ['a', 'b', 'c', 'd', 'e', 'f'];
    const seen = new Set<string>();
    await write('old');
    const writing = { done: false };
    const watching = (async () => {
      while (!writing.done) seen.add(await read());
    })();
    await Promise.all(texts.map((text) => write(text)));
    writing.done = true;
    await watching;
    expect(texts).toContain(await read());
    for (const text of seen) expect(['old', ...texts]).toContain(text);
    expect(readdirSync(folder)).toEqual(['target']);
  });

  it('stays as it was where the content fails midway', async () => {
    await write('old');
    const failing = function* () {
      yield Buffer.from('new');
      throw new RangeError('no more');
    };
    const content = [{ path: 'first', bytes: failing() }];
    await expect(writeFolder(at('target'), content, LETTERS)).rejects.toThrow(RangeError);
    expect(await read()).toBe('old');
    expect(readdirSync(folder)).toEqual(['target']);
  });
});

describe('a process that is killed while it writes a folder', () => {
  it.each([
    ['over an older one', true],
    ['where none was', false],
  ])('%s leaves the old or the new at each step, and the next tidies up', async (_, over) => {
    if (over) await write('old');
    const { stdout, stderr } = child(at('target'), 'new');
    expect(stderr).toBe('');
    const steps = Number(stdout);
    expect(steps).toBeGreaterThan(10);
    const found = [];
    for (let step = 1; step <= steps; step++) {
      rmSync(at('target'), { recursive: true });
      if (over) await write('old');
      expect(child(at('target'), 'new', String(step)).signal).toBe('SIGKILL');
      const text = await read().catch((error: unknown) => (error as NodeJS.ErrnoException).code);
      found.push(text);
      // A reader has put back what it found between the two renames.
      expect(existsSync(at('target'))).toBe(text !== 'ENOENT');
      await write('next');
      expect(await read()).toBe('next');
      expect(readdirSync(folder)).toEqual(['target']);
    }
    const before = found.indexOf('new');
    expect(before).toBeGreaterThan(0);
    expect(new Set(found.slice(0, before))).toEqual(new Set([over ? 'old' : 'ENOENT']));
    expect(new Set(found.slice(before))).toEqual(new Set(['new']));
  });

  it('between its renames is mended by the next writer as well', async () => {
    await write('old');
    renameSync(at('target'), at('target.resnet-heads-0123abcd.old'));
    const failing = function* () {
      yield Buffer.from('new');
      throw new RangeError('no more');
    };
    const content = [{ path: 'first', bytes: failing() }];
    await expect(writeFolder(at('target'), content, LETTERS)).rejects.toThrow(RangeError);
    expect(await read()).toBe('old');
    expect(readdirSync(folder)).toEqual(['target']);
  });
});
