import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import fc from 'fast-check';
import sharp from 'sharp';
import { loadClassifier } from 'resnet-heads';
import { commandLine, run } from '../../src/cli/run';
import { actedOn } from '../setup/acted-on';
import { cli } from '../setup/cli';
import { miniClassifier, miniResnet } from '../setup/mini-resnet';
import { saveModel } from '../setup/save-model';
import { status, weightServer, type WeightServer } from '../setup/weight-server';

const GOLDENS = join(__dirname, '../goldens/weights');
const MAIN = join(__dirname, '../../src/cli/main.ts');
/** An escape sequence, a line of its own, and a mark that turns what follows. */
const NAME = 'cat\u001b[31m\nerror: forged\u202e';
const ESCAPED = 'cat\\u001b[31m\\nerror: forged\\u202e';

let folder: string;
let host: WeightServer;
const { env } = process;
const before = {
  cwd: process.cwd(),
  cache: env['XDG_CACHE_HOME'],
  mirror: env['RESNET_HEADS_MIRROR'],
};
const at = (...names: string[]) => join(folder, ...names);

/** A copy of the sound classifier with one file changed. */
function damaged(name: string, file: string, change: (text: string) => string | Buffer): string {
  cpSync(at('classifier'), at(name), { recursive: true });
  writeFileSync(at(name, file), change(readFileSync(at('classifier', file), 'utf8')));
  return name;
}

const set = (values: object) => (text: string) =>
  JSON.stringify({ ...(JSON.parse(text) as object), ...values });

let hostileFiles: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-hostile-'));
  process.chdir(folder);
  host = await weightServer();
  host.answer(status(404));
  env['XDG_CACHE_HOME'] = at('caches');
  // Else a test without network waits for it.
  env['RESNET_HEADS_MIRROR'] = host.url;
  for (const [name, level] of [
    ['dark', 40],
    ['light', 200],
  ] as const) {
    mkdirSync(at('pictures', name), { recursive: true });
    for (let i = 0; i < 3; i++) {
      const background = { r: level + i, g: level, b: level };
      await sharp({ create: { width: 40, height: 40, channels: 3, background } })
        .png()
        .toFile(at('pictures', name, `${i}.png`));
    }
  }
  const base = miniResnet('v1', 1);
  await saveModel(base, at('base'));
  base.dispose();
  const known = { classes: ['dark', 'light'], preprocessing: 'caffe' } as const;
  const classifier = await loadClassifier(miniClassifier('v1', 2, 1), known);
  await classifier.save(at('classifier'));
  classifier.dispose();

  const sound = readFileSync(join(GOLDENS, 'keras3.keras'));
  const h5 = readFileSync(join(GOLDENS, 'keras2-notop.h5'));
  const files: Record<string, string | Buffer> = {
    'empty.json': '',
    'null.json': 'null',
    'list.json': '[[[[[]]]]]',
    'deep.json': `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
    'graph.json': '{"format":"graph-model","modelTopology":{"node":[]}}',
    'topology.json': '{"modelTopology":{"class_name":"Model","config":{"layers":[{},null,3]}}}',
    'cut.keras': sound.subarray(0, 2_000),
    'sound.keras': sound,
    'cut.h5': h5.subarray(0, h5.length / 2),
    'sound.h5': h5,
    'cut.safetensors': readFileSync(join(GOLDENS, 'torch-v15.safetensors')).subarray(0, 99),
    'text.png': 'no picture',
    [`${ESCAPED}.png`]: 'no picture',
    [`${NAME}.png`]: 'no picture',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(at(name), content);
  hostileFiles = [
    ...Object.keys(files),
    damaged(
      'no-weights',
      'model.json',
      set({ weightsManifest: [{ paths: ['none.bin'], weights: [] }] }),
    ),
    damaged('no-topology', 'model.json', set({ modelTopology: 3 })),
    damaged('short', 'weights.bin', () => 'x'),
    damaged('cut-metadata', 'metadata.json', (text) => text.slice(0, 20)),
    damaged('odd-metadata', 'metadata.json', set({ classes: 3 })),
    damaged('no-size', 'metadata.json', set({ inputSize: [-1, 'x'] })),
    damaged('named', 'metadata.json', set({ classes: [NAME, 'light'] })),
  ];
});
afterAll(async () => {
  process.chdir(before.cwd);
  for (const [name, value] of [
    ['XDG_CACHE_HOME', before.cache],
    ['RESNET_HEADS_MIRROR', before.mirror],
  ] as const) {
    env[name] = value ?? '';
  }
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Every command with its flags, as `weights inspect`. */
function commandsOf(command: Command, path: readonly string[] = []): [string[], string[]][] {
  const own: [string[], string[]] = [[...path], command.options.flatMap(({ long }) => long ?? [])];
  return [own, ...command.commands.flatMap((each) => commandsOf(each, [...path, each.name()]))];
}

/** What goes with any arguments: a documented exit code, and lines that nobody's name forged. */
function expectHonest({ code, out, err }: Awaited<ReturnType<typeof cli>>): void {
  expect([0, 1, 2]).toContain(code);
  expect(actedOn(out + err)).toEqual([]);
  if (err.startsWith('Usage:')) return;
  const lines = err.split('\n').slice(0, -1);
  const errors = lines.filter((line) => line.startsWith('error: '));
  expect(errors).toHaveLength(code === 0 ? 0 : 1);
}

describe('the command line, given anything', () => {
  // Those two work for seconds, or for as long as they are told.
  const silent = { out: () => undefined, err: () => undefined };
  const commands = commandsOf(commandLine(silent))
    .filter(([path]) => path.join() !== 'doctor')
    .map(([path, flags]) => [path, flags.filter((flag) => flag !== '--measure')] as const);

  it('ends in one line and a documented exit code', async () => {
    const word = fc.oneof(
      fc.constantFrom('classifier', 'pictures', 'base', 'pictures/dark/0.png', 'new', 'none'),
      fc.constantFrom(...hostileFiles),
      fc.constantFrom('', '-', '--', '-1', '0', '7', '1e9', '99999999999999999999', 'NaN', '0x10'),
      fc.constantFrom(
        '32',
        '32x32x1',
        '1GB',
        'json',
        'svg',
        'text',
        'onnx',
        'savedmodel',
        'pixels',
      ),
      fc.constantFrom('__proto__', 'constructor', 'toString', 'imagenet', 'keras/resnet50', NAME),
      fc.constantFrom(
        '\0',
        '\ud800',
        '💥',
        '%s%n',
        '$(id)',
        'x'.repeat(5_000),
        'file:///none',
        'http://[',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => !/^[./]|:/.test(text)),
    );
    const line = fc.constantFrom(...commands).chain(([path, flags]) => {
      const flag = flags.length === 0 ? fc.constant('--help') : fc.constantFrom(...flags);
      const option = fc.oneof(fc.tuple(flag, word), fc.tuple(flag));
      return fc
        .tuple(fc.array(word, { maxLength: 3 }), fc.array(option, { maxLength: 3 }))
        .map(([words, options]) => [...path, ...words, ...options.flat()]);
    });
    await fc.assert(
      fc.asyncProperty(line, async (args) => {
        expectHonest(await cli(...args));
      }),
      { numRuns: Number(env['HOSTILE_RUNS'] ?? 150) },
    );
  }, 600_000);

  it.each<[string[], number, RegExp]>([
    [
      ['classify', 'short', 'pictures/dark/0.png'],
      2,
      /^error: short\/weights\.bin: expected \d+ bytes/,
    ],
    [['classify', 'no-weights', 'text.png'], 2, /none\.bin: expected the weights/],
    [
      ['train', 'pictures', '--out', 'new', '--backbone', 'graph.json', '--preprocessing', 'tf'],
      2,
      /got a GraphModel/,
    ],
    [['inspect', 'deep.json'], 2, /^error: .*expected/],
    [['inspect', 'topology.json'], 2, /^error: .*expected/],
    [['classify', 'classifier', `${NAME}.png`], 1, /forged\\u202e\.png: expected a picture/],
    [['weights', 'inspect', NAME], 2, /there is no such file/],
  ])('tells in one line what is wrong: %j', async (args, code, message) => {
    const result = await cli(...args);
    expect(result.err).toMatch(message);
    expect(result.code).toBe(code);
    expectHonest(result);
  });

  it('shows names in tables, JSON and sentences escaped', async () => {
    const picture = 'pictures/dark/0.png';
    const table = await cli('classify', 'named', picture);
    expect(table.out).toContain(`| ${ESCAPED} `);
    const json = await cli('classify', 'named', picture, '--format', 'json');
    expect(actedOn(json.out)).toEqual([]);
    const [{ classes }] = JSON.parse(json.out) as [{ classes: { className: string }[] }];
    expect(classes.map(({ className }) => className)).toContain(NAME);
    const seen = await cli('explain', 'named', picture, '--class', NAME, '--out', 'seen.png');
    expect(seen.out).toContain(`seen.png: activation map of "${ESCAPED}"`);
    const unknown = await cli('evaluate', 'named', 'pictures');
    expect(unknown.err).toMatch(/^error: .*cat\\u001b\[31m.*\n$/);
    for (const result of [table, json, seen, unknown]) expectHonest(result);
    await cli('classify', 'classifier', picture, `${NAME}.png`).then(expectHonest);
  });

  it('names a folder whose name is no UTF-8', async () => {
    const name = Buffer.concat([Buffer.from(`${at('latin')}/caf`), Buffer.from([0xe9])]);
    mkdirSync(name, { recursive: true });
    mkdirSync(at('latin', 'tea'));
    writeFileSync(at('latin', 'tea', '0.png'), 'x');
    writeFileSync(Buffer.concat([name, Buffer.from('/0.png')]), 'x');
    const result = await cli('train', 'latin', '--out', 'new', '--backbone', 'base');
    expect(result).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /^error: pictures: expected names in UTF-8, got "latin\/caf\ufffd"; rename it\n$/,
      ) as string,
    });
  });
});

describe('what nobody foresaw', () => {
  const doing = (reason: unknown) =>
    run(['weights', 'list'], {
      out: () => {
        throw reason;
      },
      err: (text) => (told += text),
    });
  let told = '';
  beforeEach(() => {
    told = '';
  });
  afterEach(() => {
    delete env['DEBUG'];
  });

  it.each([
    [
      new TypeError('a.b is\nundefined'),
      3,
      /^error: unexpected TypeError: a\.b is undefined; this is a bug in resnet-heads: please report .*\n$/,
    ],
    ['a string', 3, /^error: unexpected error: a string; /],
    [undefined, 3, /^error: unexpected error: undefined; /],
    [
      Object.assign(new Error('ENOSPC: no space left on device, write'), {
        code: 'ENOSPC',
        syscall: 'write',
      }),
      1,
      /^error: ENOSPC: no space left on device, write\n$/,
    ],
    [
      new TypeError('fetch failed', {
        cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED', syscall: 'connect' }),
      }),
      1,
      /^error: fetch failed \(ECONNREFUSED\)\n$/,
    ],
  ])('is told in a line: %p', async (reason, code, line) => {
    expect(await doing(reason)).toBe(code);
    expect(told).toMatch(line);
  });

  it('shows its stack where DEBUG asks for it', async () => {
    env['DEBUG'] = 'resnet-heads';
    expect(await doing(new TypeError('oh'))).toBe(3);
    expect(told).toMatch(/^error: unexpected TypeError: oh; [^\n]*\nTypeError: oh\n {4}at /);
  });

  const shell = (line: string) =>
    promisify(execFile)('bash', ['-c', `set -o pipefail; ${line}`, MAIN], { cwd: before.cwd });
  const program = `"${process.execPath}" --import tsx "$0"`;

  it('ends quietly where its reader has gone', async () => {
    expect(await shell(`${program} weights list --format json | true`)).toEqual({
      stdout: '',
      stderr: '',
    });
  });

  it('tells that its output could not be written', async () => {
    await expect(shell(`${program} weights list > /dev/full`)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: ENOSPC[^\n]*\n$/) as string,
    });
  });
});
