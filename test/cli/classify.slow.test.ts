import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadBackbone, trainClassifier } from 'resnet-heads';
import { run } from '../../src/cli/run';
import { cli } from '../setup/cli';
import { miniResnet } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const cache = process.env['XDG_CACHE_HOME'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-cli-classify-'));
  process.env['XDG_CACHE_HOME'] = at('caches');
  await drawPictures(at('pictures'), 10);
  const backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  const classifier = await trainClassifier(backbone, at('pictures'), { validation: 0 });
  await classifier.save(at('classifier'));
  classifier.dispose();
  backbone.dispose();
});
afterAll(() => {
  process.env['XDG_CACHE_HOME'] = cache ?? '';
  rmSync(folder, { recursive: true, force: true });
});

const classify = (...args: string[]) => cli('classify', at('classifier'), ...args);
const rowsOf = (name: string) => readFileSync(at(name), 'utf8').trimEnd().split('\n');

describe('classify --out', () => {
  it('writes the answers that are printed, from the cache the second time', async () => {
    const pictures = at('pictures/dark');
    const printed = await classify(pictures, '--format', 'json');
    expect([printed.code, printed.err]).toEqual([0, 'computed by onnxruntime\n']);
    const { code, out, err } = await classify(pictures, '--out', at('new.json'));
    expect([code, out, err]).toEqual([0, `${at('new.json')}: 10 pictures\n`, '']);
    expect(JSON.parse(readFileSync(at('new.json'), 'utf8'))).toEqual(JSON.parse(printed.out));
    expect((await classify(pictures, '--no-cache')).err).toBe('computed by onnxruntime\n');
    expect((await classify(pictures, '--out', at('new.csv'))).code).toBe(0);
    const [head, ...rows] = rowsOf('new.csv');
    expect(head).toBe('path,class,probability,familiarity');
    expect(rows.map((row) => row.split(',')[0])).toEqual(
      Array.from({ length: 10 }, (_, i) => join(pictures, `${i}.png`)),
    );
  });

  it('names broken pictures, writes the others, and ends with exit code 1', async () => {
    cpSync(at('pictures/light'), at('partly'), { recursive: true });
    writeFileSync(at('partly/3.png'), 'no picture');
    const { code, err } = await classify(at('partly'), '--out', at('partly.csv'));
    expect(code).toBe(1);
    expect(err).toMatch(/^skipped: .*3\.png: expected a picture/);
    expect(err).toMatch(/expected 10 that can be decoded, got 9; the others are named above\n$/);
    expect(rowsOf('partly.csv')).toHaveLength(10);
    const none = await classify(at('partly/3.png'), '--out', at('none.csv'));
    expect([none.code, existsSync(at('none.csv'))]).toEqual([1, false]);
  });

  it('leaves nothing at Ctrl-C', async () => {
    const before = process.listenerCount('SIGINT');
    const result = classify(at('pictures'), '--out', at('stopped.csv'), '--no-cache');
    while (process.listenerCount('SIGINT') === before) await sleep(1);
    process.emit('SIGINT');
    const { code, err } = await result;
    expect([code, err]).toEqual([130, expect.stringMatching(/^error: classify: .* got Ctrl-C/)]);
    expect(readdirSync(folder).filter((name) => name.startsWith('stopped'))).toEqual([]);
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});

describe('classify --sort', () => {
  it.each(['copy', 'link'])('by %s puts each picture into the folder of its class', async (way) => {
    const args = ['--sort', at(way), '--sort-by', way, '--out', at(`${way}.csv`)];
    const { code } = await classify(at('pictures'), ...args);
    expect(code).toBe(0);
    const files = readdirSync(at(way), { recursive: true, encoding: 'utf8' })
      .map((name) => at(way, name))
      .filter((path) => statSync(path).isFile());
    const contents = (paths: readonly string[]) =>
      paths.map((path) => readFileSync(path, 'base64')).sort();
    const pictures = ['dark', 'light'].flatMap((name) =>
      Array.from({ length: 10 }, (_, i) => at('pictures', name, `${i}.png`)),
    );
    expect(contents(files)).toEqual(contents(pictures));
    const links = statSync(at('pictures/dark/0.png')).nlink;
    expect(links).toBe(way === 'link' ? 2 : 1);
    const counts = (text: string) => readdirSync(at(way, text)).length;
    const rows = rowsOf(`${way}.csv`).slice(1);
    for (const name of readdirSync(at(way))) {
      expect(counts(name)).toBe(rows.filter((row) => row.split(',')[1] === name).length);
    }
  });
});

describe('classify --watch', () => {
  it('appends a row for each picture that appears, until Ctrl-C', async () => {
    mkdirSync(at('inbox'));
    let err = '';
    const ended = run(
      ['classify', at('classifier'), at('inbox'), '--out', at('seen.csv'), '--watch'],
      {
        out: () => undefined,
        err: (text) => (err += text),
      },
    );
    const until = async (rows: number) => {
      while (!existsSync(at('seen.csv')) || rowsOf('seen.csv').length < rows) await sleep(20);
    };
    await until(1);
    cpSync(at('pictures/dark/1.png'), at('inbox/1.png'));
    await until(2);
    // Written in two parts.
    const whole = readFileSync(at('pictures/light/2.png'));
    writeFileSync(at('inbox/2.png'), whole.subarray(0, 60));
    while (!err.includes('skipped')) await sleep(20);
    writeFileSync(at('inbox/2.png'), whole);
    await until(3);
    process.emit('SIGINT');
    expect(await ended).toBe(0);
    const rows = rowsOf('seen.csv');
    expect(rows.map((row) => row.split(',')[0])).toEqual([
      'path',
      at('inbox/1.png'),
      at('inbox/2.png'),
    ]);
    expect(err).toContain('watching for pictures; press Ctrl-C to stop\n');
  });
});
