import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Command } from 'commander';
import { createClassifier } from 'resnet-heads';
import { saveClassifier, saveModelFolder } from 'resnet-heads/node';
import { commandLine } from '../../src/cli/run';
import { recordPictures } from '../../src/train/picture-record';
import { cli } from '../setup/cli';
import { miniClassifier, miniResnet } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';

/** What `train` hands on, in place of training. */
const trained = jest.fn();
const loaded = jest.fn();

let folder: string;
let host: { url: string; asked: string[]; close: () => void };
const { env } = process;
const before = { cwd: process.cwd(), cache: env['XDG_CACHE_HOME'] };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-options-'));
  process.chdir(folder);
  env['XDG_CACHE_HOME'] = join(folder, 'caches');
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  host = { url, asked, close: () => server.close() };
  env['RESNET_HEADS_MIRROR'] = `${url}/usual`;
  await drawPictures('pictures', 3);
  writeFileSync('pictures/dark/broken.png', 'no picture');
  // Without one, --resume is refused.
  writeFileSync('resumed.checkpoint.safetensors', '');
  for (const [name, seed] of [
    ['base', 1],
    ['other', 2],
  ] as const) {
    const base = miniResnet('v1', seed);
    await saveModelFolder(base, name);
    base.dispose();
  }
  const classifier = createClassifier(miniClassifier('v1', 2, 1), {
    ...{ classes: ['dark', 'light'], preprocessing: 'caffe', inputSize: [32, 32] },
  });
  await saveClassifier(classifier, 'classifier');
  const seen = createHash('sha256').update(readFileSync('pictures/dark/0.png')).digest('hex');
  const metadata = { ...classifier.metadata, pictures: recordPictures([seen], []) };
  await saveClassifier({ ...classifier, metadata }, 'remembering');
  classifier.dispose();
});
afterAll(() => {
  process.chdir(before.cwd);
  env['XDG_CACHE_HOME'] = before.cache ?? '';
  env['RESNET_HEADS_MIRROR'] = '';
  host.close();
  rmSync(folder, { recursive: true, force: true });
});

/** All that comes of a command line: its answer, what it asked for, and the files that it left. */
async function outcome(line: string) {
  for (const name of readdirSync('.').filter((each) =>
    /^(new|classifier[.-]|0\.seen)/.test(each),
  )) {
    rmSync(name, { recursive: true });
  }
  host.asked.length = 0;
  trained.mockReset();
  loaded.mockReset();
  const result = await cli(...line.split(' ').map((word) => word.replace('HOST', host.url)));
  // Where it wrote, and how long it took, differ by themselves.
  const out = result.out.replaceAll(/in \d+\.\d s/g, '');
  const files = readdirSync('.', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.startsWith('new') || /^classifier[.-]/.test(name))
    .filter((name) => statSync(name).isFile())
    .map((name) => [name, readFileSync(name, 'latin1')]);
  const calls: unknown[] = [trained, loaded].flatMap(({ mock }) => mock.calls as unknown[]);
  return { ...result, out, files, asked: [...host.asked], calls };
}

const TRAIN = 'train pictures --out new --base base';
const RESNET = 'train pictures --out new';
const GOLDEN = join(__dirname, '../goldens/weights/keras2-notop.h5');
const PICTURE = 'pictures/dark/0.png';

/** Each option: a command line, and with it; what comes of them differs. */
const HONOURED: Readonly<Record<string, readonly [without: string, added: string]>> = {
  'compare --classes': ['compare', '--classes 3'],
  'compare --input': ['compare', '--input 64'],
  'compare --depth': ['compare', '--depth 101'],
  'compare --variant': ['compare', '--variant v1.5'],
  'compare --hidden-units': ['compare', '--hidden-units 7'],
  'compare --budget': ['compare', '--budget 1GB'],
  'compare --batch': ['compare --budget 1GB', '--batch 4'],
  'compare --optimizer': ['compare --budget 1GB', '--optimizer sgd'],
  'compare --format': ['compare', '--format json'],
  'compare --theme': ['compare --format svg', '--theme dark'],
  'compare --output': ['compare', '--output new.json'],
  'inspect --input': ['inspect base/model.json', '--input 64'],
  'inspect --format': ['inspect base/model.json', '--format markdown'],
  'inspect --theme': ['inspect base/model.json --output new.svg', '--theme dark'],
  'inspect --output': ['inspect base/model.json', '--output new.md'],
  'train --out': [TRAIN, '--out new2'],
  'train --head': [TRAIN, '--head flattened'],
  'train --base': [TRAIN, '--base other'],
  'train --weights': [RESNET, '--weights none.h5'],
  'train --mirror': [RESNET, '--mirror HOST/other'],
  'train --variant': [RESNET, '--variant v1.5'],
  'train --input': [RESNET, '--input 64'],
  'train --preprocessing': [TRAIN, '--preprocessing torch'],
  'train --engine': [TRAIN, '--engine layers'],
  'train --epochs': [TRAIN, '--epochs 3'],
  'train --learning-rate': [TRAIN, '--learning-rate 0.5'],
  'train --seed': [TRAIN, '--seed 3'],
  'train --balanced': [TRAIN, '--balanced'],
  'train --resume': ['train pictures --out resumed --base base', '--resume'],
  'train --strict': [TRAIN, '--strict'],
  'train --no-cache': [TRAIN, '--no-cache'],
  'evaluate --all': ['evaluate remembering pictures', '--all'],
  'evaluate --format': ['evaluate classifier pictures', '--format json'],
  'evaluate --theme': ['evaluate classifier pictures --format svg', '--theme dark'],
  'evaluate --output': ['evaluate classifier pictures', '--output new.json'],
  'evaluate --strict': ['evaluate classifier pictures', '--strict'],
  'classify --top': [`classify classifier ${PICTURE}`, '--top 1'],
  'classify --format': [`classify classifier ${PICTURE}`, '--format json'],
  'explain --output': [`explain classifier ${PICTURE} --class dark`, '--output new.png'],
  'explain --class': [`explain classifier ${PICTURE} --output new.png`, '--class light'],
  'export --to': ['export classifier', '--to onnx'],
  'export --out': ['export classifier --to onnx', '--out new.onnx'],
  'export --input': ['export classifier --to onnx', '--input pixels'],
  'export --model-version': ['export classifier --to savedmodel', '--model-version 3'],
  'weights list --format': ['weights list', '--format json'],
  'weights pull --top': ['weights pull keras/resnet50', '--top'],
  'weights pull --mirror': ['weights pull keras/resnet50', '--mirror HOST/other'],
  'weights inspect --format': [`weights inspect ${GOLDEN}`, '--format json'],
};

/** Elsewhere: `compare --measure` builds a ResNet-50, `doctor` starts backends; see their tests. */
const ELSEWHERE = [
  ...['compare --measure', 'compare --runs', 'doctor --format', 'doctor --output', ' --version'],
  // Of the command line itself, for the process above.
  'doctor --backend',
];

function optionsOf(command: Command, path: readonly string[] = []): string[] {
  const own = command.options.map(({ long }) => `${path.join(' ')} ${long ?? ''}`);
  return [...own, ...command.commands.flatMap((each) => optionsOf(each, [...path, each.name()]))];
}

describe('every option is honoured or refused', () => {
  beforeAll(() => {
    jest.doMock('../../src/node/train-folder', () => ({
      trainFolder: async (base: tf.LayersModel, _: unknown, options: Record<string, unknown>) => {
        const [weight] = base.weights;
        trained(
          base.inputs[0]?.shape,
          await weight?.read().data(),
          JSON.stringify({ ...options, signal: 0, callbacks: 0 }),
        );
        const images = { train: 1, validation: 1 };
        return { history: [], bestEpoch: 0, images, computed: 0, endedBy: 'epochs' };
      },
    }));
    jest.doMock('../../src/node/load-weights', () => ({
      loadWeights: (model: tf.LayersModel, source: string, { mirror }: { mirror?: string }) => {
        loaded(source, mirror, model.layers.length);
        return Promise.resolve();
      },
    }));
  });
  afterAll(() => {
    jest.dontMock('../../src/node/train-folder');
    jest.dontMock('../../src/node/load-weights');
  });

  it('none is forgotten here', () => {
    const silent = { out: () => undefined, err: () => undefined };
    const all = optionsOf(commandLine(silent));
    expect([...Object.keys(HONOURED), ...ELSEWHERE].sort()).toEqual(all.sort());
  });

  it.each(Object.entries(HONOURED))('%s decides something', async (_, [without, added]) => {
    const plain = await outcome(without);
    const changed = await outcome(`${without} ${added}`);
    expect(changed).not.toEqual(plain);
    // Not by being refused.
    expect(changed.code).not.toBe(2);
  });

  it.each([
    ['train pictures --out new --base base --weights none.h5', '--weights'],
    ['train pictures --out new --base base --weights imagenet', '--weights'],
    ['train pictures --out new --base base --input 160', '--input'],
    ['train pictures --out new --base base --variant v1', '--variant'],
    ['train pictures --out new --base base --mirror HOST', '--mirror'],
    ['train pictures --out new --weights none.h5 --mirror HOST', '--mirror'],
    ['train pictures --out new --input 64x64x1', '--input'],
    ['compare --runs 3', '--runs'],
    ['compare --batch 3', '--batch'],
    ['compare --optimizer sgd', '--optimizer'],
    ['compare --theme dark', '--theme'],
    ['compare --theme dark --output new.json', '--theme'],
    ['compare --output new.png', '--output'],
    ['compare --budget 1GB --format svg', '--budget'],
    ['inspect base/model.json --theme light', '--theme'],
    ['inspect base/model.json --output new.csv', '--output'],
    ['evaluate classifier pictures --theme dark', '--theme'],
    ['evaluate classifier pictures --output new.xlsx', '--output'],
    ['doctor --output new.html', '--output'],
    ['export classifier --to onnx --input jpeg', '--input'],
    ['export classifier --to onnx --model-version 3', '--model-version'],
    ['weights pull HOST/x.h5 --top', '--top'],
    ['weights pull HOST/x.h5 --mirror HOST', '--mirror'],
  ])('%s: refuses %s, and does nothing', async (line, option) => {
    const { code, out, err, files, asked, calls } = await outcome(line);
    expect({ code, out, files, asked, calls }).toEqual({
      ...{ code: 2, out: '', files: [], asked: [], calls: [] },
    });
    expect(err).toMatch(new RegExp(`^error: [^\\n]*${option}\\b[^\\n]*\\n$`));
  });
});

describe('evaluate --output', () => {
  it('writes what the extension says', async () => {
    const [json] = (await outcome('evaluate classifier pictures --output new.json')).files;
    expect(JSON.parse(json?.[1] ?? '')).toMatchObject({ total: 6 });
    const [svg] = (await outcome('evaluate classifier pictures --output new.svg')).files;
    expect(svg?.[1]).toMatch(/^<svg /);
    const [text] = (await outcome('evaluate classifier pictures --output new.svg --format text'))
      .files;
    expect(text?.[1]).toContain('Accuracy: ');
  });
});

describe('without network', () => {
  it('train names the ways to do without, and takes a mirror', async () => {
    const { code, err, asked } = await outcome(`${RESNET} --mirror HOST/mirror`);
    expect(code).toBe(1);
    expect(err).toMatch(
      /status 404; .*; or use a file by --weights FILE, or another model by --base FOLDER\n$/,
    );
    expect(asked.length).toBeGreaterThan(0);
    for (const path of asked) expect(path).toMatch(/^\/mirror\//);
  });
});

describe('plain JavaScript as backend', () => {
  it('is named, with what to install', async () => {
    jest.doMock('../../src/node/backend', () => ({
      useFastestBackend: () => Promise.resolve('cpu'),
    }));
    const results = [
      await cli('classify', 'classifier', PICTURE),
      await cli('evaluate', 'classifier', 'pictures'),
      await cli('explain', 'classifier', PICTURE, '--output', 'new.png', '--class', 'dark'),
      await cli('train', 'pictures', '--base', 'base', '--out', 'new', '--epochs', '1'),
    ];
    jest.dontMock('../../src/node/backend');
    for (const { code, err } of results) {
      expect(code).toBe(0);
      expect(err).toMatch(
        /^warning: computing in plain JavaScript \(cpu\), [^\n]*; npm install @tensorflow\/tfjs-backend-wasm$/m,
      );
    }
    const { err } = await cli('classify', 'classifier', PICTURE);
    expect(err).toBe('');
  });
});
