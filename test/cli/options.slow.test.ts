import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import sharp from 'sharp';
import {
  attachHead,
  type Backbone,
  extractFeatures,
  loadBackbone,
  type LoadBackboneOptions,
  loadClassifier,
  pooledHead,
  trainClassifier,
  type TrainOptions,
} from 'resnet-heads';
import type { Lesson } from '../../src/classifier/train';
import { commandLine } from '../../src/cli/run';
import { given } from '../../src/given';
import { cli } from '../setup/cli';
import { miniClassifier, miniResnet } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';
import { saveModel } from '../setup/save-model';
import { node, onnxFile, tensor } from '../setup/write-onnx';

type Comparing = typeof import('../../src/compare/compare-heads');
type Backbones = typeof import('../../src/backbone/load-backbone');

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
  writeFileSync('list.csv', 'path\npictures/dark/1.png\n');
  writeFileSync('elsewhere.csv', 'path\ndark/1.png\n');
  writeFileSync('labels.csv', 'path,label\npictures/dark/1.png,dark\n');
  await drawPictures('mislabelled', 12);
  renameSync('mislabelled/light/3.png', 'mislabelled/dark/wrong.png');
  writeFileSync('mislabelled/dark/broken.png', 'no picture');
  // A reshape doesn't tell where the channels are.
  const pool = node('MaxPool', ['h'], 'y', { kernel_shape: [2, 2] });
  const nodes = [node('Reshape', ['x', 'to'], 'h'), pool];
  const tensors = [tensor('to', [4], [0, 3, 32, 32])];
  writeFileSync('file.onnx', onnxFile({ nodes, tensors, input: ['n', 3, 32, 32] }));
  // Without one, --resume is refused.
  writeFileSync('resumed.checkpoint.safetensors', '');
  for (const [name, seed] of [
    ['base', 1],
    ['other', 2],
  ] as const) {
    const base = miniResnet('v1', seed);
    await saveModel(base, name);
    base.dispose();
  }
  const known = { classes: ['dark', 'light'], preprocessing: 'caffe' } as const;
  const classifier = await loadClassifier(miniClassifier('v1', 2, 1), known);
  await classifier.save('classifier');
  await classifier.save('remembering');
  // Its features are in the cache.
  await classifier.save('cached');
  await cli('classify', 'cached', 'pictures/light');
  const seen = createHash('sha256').update(readFileSync('pictures/dark/0.png')).digest('hex');
  const metadata = JSON.parse(readFileSync('remembering/metadata.json', 'utf8')) as object;
  // The first 64 bits of each picture's hash, as src/classifier/picture-record.ts has them.
  const remembering = { ...metadata, pictures: { train: seen.slice(0, 16), validation: '' } };
  writeFileSync('remembering/metadata.json', JSON.stringify(remembering));
  classifier.dispose();
  const backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  await drawPictures('many', 10);
  await extractFeatures(backbone, 'many', { out: 'made' });
  const knowing = await trainClassifier(backbone, 'many', { validation: 0 });
  await knowing.save('knowing');
  knowing.dispose();
  const head = pooledHead({ numClasses: 2 });
  await extractFeatures(backbone, 'pictures', { out: 'features', head });
  backbone.dispose();
  const noise = { type: 'gaussian', mean: 128, sigma: 80 } as const;
  const create = { width: 32, height: 32, channels: 3, background: 'red', noise } as const;
  await sharp({ create }).png().toFile('strange.png');
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

const TRAIN = 'train pictures --out new --backbone base --preprocessing tf';
const RESNET = 'train pictures --out new';
const FEATURES = 'train --out new --backbone base --preprocessing tf';
const ONNX = 'train pictures --out new --backbone file.onnx --preprocessing none';
const GOLDEN = join(__dirname, '../goldens/weights/keras2-notop.h5');
const REVIEW = 'review mislabelled --out new.csv --backbone base --preprocessing tf';
const PUBLISHED = 'review mislabelled --out new.csv';
const ONNX_REVIEW = 'review mislabelled --out new.csv --backbone file.onnx --preprocessing none';
const COMPARE = 'compare pictures --backbone base --preprocessing tf';
const ONNX_COMPARE = 'compare pictures --backbone file.onnx --preprocessing none';
const PICTURE = 'pictures/dark/0.png';
const EXTRACT = 'extract pictures --out new --backbone base --preprocessing tf';
const ONNX_EXTRACT = 'extract pictures --out new --backbone file.onnx --preprocessing none';

/** Each option: a command line, and with it; what comes of them differs. */
const HONOURED: Readonly<Record<string, readonly [without: string, added: string]>> = {
  'compare --classes': ['compare', '--classes 3'],
  'compare --input': ['compare', '--input 64'],
  'compare --depth': ['compare', '--depth 101'],
  'compare --variant': ['compare', '--variant v1.5'],
  'compare --hidden-units': ['compare', '--hidden-units 7'],
  'compare --budget': ['compare', '--budget 1GB'],
  'compare --batch-size': ['compare --budget 1GB', '--batch-size 4'],
  'compare --optimizer': ['compare --budget 1GB', '--optimizer sgd'],
  'compare --format': ['compare', '--format json'],
  'compare --theme': ['compare --format svg', '--theme dark'],
  'compare --out': ['compare', '--out new.json'],
  'compare --backbone': [COMPARE, '--backbone other'],
  'compare --backbone-output': [ONNX_COMPARE, '--backbone-output h'],
  'compare --backbone-layout': [`${ONNX_COMPARE} --backbone-output h`, '--backbone-layout nhwc'],
  'compare --mirror': ['compare pictures', '--mirror HOST/other'],
  'compare --preprocessing': [COMPARE, '--preprocessing torch'],
  'compare --runs': [COMPARE, '--runs 3'],
  'compare --folds': [COMPARE, '--folds 3'],
  'compare --no-shift': [COMPARE, '--no-shift'],
  'compare --seed': [COMPARE, '--seed 7'],
  'compare --strict': [COMPARE, '--strict'],
  'compare --no-cache': [COMPARE, '--no-cache'],
  'compare --engine': [COMPARE, '--engine layers'],
  'inspect --input': ['inspect base/model.json', '--input 64'],
  'inspect --format': ['inspect base/model.json', '--format markdown'],
  'inspect --theme': ['inspect base/model.json --out new.svg', '--theme dark'],
  'inspect --out': ['inspect base/model.json', '--out new.md'],
  'train --out': [TRAIN, '--out new2'],
  'train --features': [FEATURES, '--features features'],
  'train --from': ['train many --out new', '--from knowing'],
  'train --head': [TRAIN, '--head flattened'],
  'train --hidden-units': [`${TRAIN} --head dense`, '--hidden-units 7'],
  'train --dropout': [TRAIN, '--dropout 0.3'],
  'train --backbone': [TRAIN, '--backbone other'],
  'train --backbone-output': [ONNX, '--backbone-output h'],
  'train --backbone-layout': [`${ONNX} --backbone-output h`, '--backbone-layout nhwc'],
  'train --int8': [TRAIN, '--int8'],
  'train --mirror': [RESNET, '--mirror HOST/other'],
  'train --input': [RESNET, '--input 64'],
  'train --preprocessing': [TRAIN, '--preprocessing torch'],
  'train --validation': [TRAIN, '--validation 0.6'],
  'train --engine': [TRAIN, '--engine layers'],
  'train --solver': [TRAIN, '--solver adam'],
  'train --l2': [TRAIN, '--l2 0.1'],
  'train --epochs': [TRAIN, '--epochs 3'],
  'train --batch-size': [TRAIN, '--batch-size 3'],
  'train --learning-rate': [TRAIN, '--learning-rate 0.5'],
  'train --patience': [TRAIN, '--patience 3'],
  'train --seed': [TRAIN, '--seed 3'],
  'train --multi-label': [TRAIN, '--multi-label'],
  'train --balanced': [TRAIN, '--balanced'],
  'train --views': [TRAIN, '--views mirror,crop'],
  'train --no-report': [TRAIN, '--no-report'],
  'train --resume': [
    'train pictures --out resumed --backbone base --preprocessing tf --epochs 3',
    '--resume',
  ],
  'train --strict': [TRAIN, '--strict'],
  'train --no-cache': [TRAIN, '--no-cache'],
  'extract --out': [EXTRACT, '--out new2'],
  'extract --check': ['extract', '--check made'],
  'extract --shard': [EXTRACT, '--shard 1/2'],
  'extract --shards': [EXTRACT, '--shards 2'],
  'extract --backbone': [EXTRACT, '--backbone other'],
  'extract --backbone-output': [ONNX_EXTRACT, '--backbone-output h'],
  'extract --backbone-layout': [`${ONNX_EXTRACT} --backbone-output h`, '--backbone-layout nhwc'],
  'extract --mirror': ['extract pictures --out new', '--mirror HOST/other'],
  'extract --input': ['extract pictures --out new', '--input 64'],
  'extract --preprocessing': [EXTRACT, '--preprocessing torch'],
  'extract --head': [EXTRACT, '--head dense'],
  'extract --dtype': [EXTRACT, '--dtype float16'],
  'extract --multi-label': [EXTRACT, '--multi-label'],
  'extract --views': [EXTRACT, '--views mirror'],
  'extract --engine': [EXTRACT, '--engine layers'],
  'extract --strict': [EXTRACT, '--strict'],
  'review --out': [REVIEW, '--out new2.csv'],
  'review --backbone': [REVIEW, '--backbone other'],
  'review --backbone-output': [ONNX_REVIEW, '--backbone-output h'],
  'review --backbone-layout': [`${ONNX_REVIEW} --backbone-output h`, '--backbone-layout nhwc'],
  'review --mirror': [PUBLISHED, '--mirror HOST/other'],
  'review --input': [PUBLISHED, '--input 64'],
  'review --preprocessing': [REVIEW, '--preprocessing torch'],
  'review --views': [REVIEW, '--views mirror,crop'],
  'review --engine': [`${REVIEW} --no-cache`, '--engine layers'],
  'review --l2': [REVIEW, '--l2 0.1'],
  'review --seed': [`${REVIEW} --l2 1`, '--seed 3'],
  'review --strict': [REVIEW, '--strict'],
  'review --no-cache': [REVIEW, '--no-cache'],
  'train --exclude': [TRAIN, '--exclude list.csv'],
  'evaluate --features': ['evaluate knowing', '--features features'],
  'evaluate --all': ['evaluate remembering pictures', '--all'],
  'evaluate --format': ['evaluate classifier pictures', '--format json'],
  'evaluate --theme': ['evaluate classifier pictures --format svg', '--theme dark'],
  'evaluate --out': ['evaluate classifier pictures', '--out new.json'],
  'evaluate --strict': ['evaluate classifier pictures', '--strict'],
  'evaluate --reliability': ['evaluate classifier pictures', '--reliability'],
  'evaluate --views': ['evaluate classifier pictures --format json', '--views brightness'],
  'classify --views': [`classify classifier ${PICTURE}`, '--views brightness'],
  'evaluate --engine': ['evaluate classifier pictures --format json', '--engine layers'],
  'classify --engine': [`classify classifier ${PICTURE} --no-cache`, '--engine layers'],
  'classify --reject': ['classify knowing strange.png', '--reject'],
  'classify --top': [`classify classifier ${PICTURE}`, '--top 1'],
  'classify --out': [`classify classifier ${PICTURE}`, '--out new.csv'],
  'classify --all-classes': [`classify classifier ${PICTURE} --out new.csv`, '--all-classes'],
  'classify --sort': [`classify classifier ${PICTURE}`, '--sort new'],
  'classify --no-cache': ['classify cached pictures/light', '--no-cache'],
  'classify --format': [`classify classifier ${PICTURE}`, '--format json'],
  'explain --out': [`explain classifier ${PICTURE} --class dark`, '--out new.png'],
  'explain --class': [`explain classifier ${PICTURE} --out new.png`, '--class light'],
  'export --to': ['export classifier', '--to onnx'],
  'export --out': ['export classifier --to onnx', '--out new.onnx'],
  'export --dtype': ['export classifier --to onnx', '--dtype float16'],
  'export --int8': ['export classifier --to onnx --calibrate pictures', '--int8'],
  'export --calibrate': ['export classifier --to onnx --int8', '--calibrate pictures'],
  'export --input': ['export classifier --to onnx', '--input pixels'],
  'export --variables': ['export classifier --to savedmodel', '--variables'],
  'export --model-version': ['export classifier --to savedmodel', '--model-version 3'],
  'weights list --format': ['weights list', '--format json'],
  'weights pull --top': ['weights pull keras/resnet50', '--top'],
  'weights pull --mirror': ['weights pull keras/resnet50', '--mirror HOST/other'],
  'weights inspect --format': [`weights inspect ${GOLDEN}`, '--format json'],
};

/** Elsewhere: `compare --measure` builds a ResNet-50, `doctor` starts backends; see their tests. */
const ELSEWHERE = [
  // See classify.slow.test.ts: what they decide isn't in the content of files.
  ...['classify --sort-by', 'classify --watch'],
  ...['compare --measure', 'doctor --format', 'doctor --out', ' --version'],
  // Of the command line itself, for the process above.
  ...['doctor --backend', 'doctor --engine'],
];

function optionsOf(command: Command, path: readonly string[] = []): string[] {
  const own = command.options.map(({ long }) => `${path.join(' ')} ${long ?? ''}`);
  return [...own, ...command.commands.flatMap((each) => optionsOf(each, [...path, each.name()]))];
}

describe('every option is honoured or refused', () => {
  beforeAll(() => {
    const { loadBackbone } = jest.requireActual<Backbones>('../../src/backbone/load-backbone');
    const training = jest.requireActual<object>('../../src/classifier/train');
    jest.doMock('../../src/classifier/train', () => ({
      ...training,
      trainOn: async ({ backbone, set }: Lesson, options: TrainOptions) => {
        const { model, preprocessing } = backbone;
        trained(
          ...[preprocessing, await model.weights[0]?.read().data(), set.train.files],
          backbone.featureShape,
          JSON.stringify({ ...options, signal: 0, callbacks: 0 }),
        );
        const pictures = { train: 1, validation: 1 };
        const outcome = {
          ...{ solver: 'adam', history: [], bestEpoch: 0, endedBy: 'epochs' },
          ...{ accuracy: 1, computed: 0, unused: [] },
        };
        return {
          classes: set.classes,
          ...{ backbone, inputSize: backbone.inputSize },
          model: attachHead(backbone, pooledHead({ numClasses: 2 })),
          training: { ...outcome, pictures },
          dispose: () => undefined,
        };
      },
    }));
    const comparing = jest.requireActual<Comparing>('../../src/compare/compare-heads');
    jest.doMock('../../src/compare/compare-heads', () => ({
      ...comparing,
      compareRead: async (
        ...[base, heads, options, read]: Parameters<Comparing['compareRead']>
      ) => {
        const { model, preprocessing } = base as Backbone;
        trained(
          ...[preprocessing, await model.weights[0]?.read().data(), (await read())?.train.files],
          (base as Backbone).featureShape,
          JSON.stringify([heads, { ...options, signal: 0 }]),
        );
        return comparing.compareHeads(base, ['pooled'], { numClasses: 2 });
      },
    }));
    // There is no classifier to report on; what they write is seen in train.slow.test.ts.
    jest.doMock('../../src/cli/train-report', () => ({
      writeRun: () => Promise.resolve('history.json'),
      writeReport: () => Promise.resolve('report.html'),
    }));
    jest.doMock('../../src/backbone/load-backbone', () => ({
      loadBackbone: (source: string, { preprocessing = 'tf', ...options }: LoadBackboneOptions) => {
        const { output, layout } = options;
        loaded(source, options.mirror, options.inputSize, output);
        // Nothing is fetched.
        const known = source.includes('/') ? 'base' : source;
        return loadBackbone(known, { preprocessing, ...given({ output, layout }) });
      },
    }));
  });
  afterAll(() => {
    jest.dontMock('../../src/classifier/train');
    jest.dontMock('../../src/compare/compare-heads');
    jest.dontMock('../../src/cli/train-report');
    jest.dontMock('../../src/backbone/load-backbone');
  });

  it('none is forgotten here', () => {
    const silent = { out: () => undefined, err: () => undefined };
    const all = optionsOf(commandLine(silent));
    expect([...Object.keys(HONOURED), ...ELSEWHERE].sort()).toEqual(all.sort());
  });

  it('is told of a command in text that commander wraps, and nothing else does', () => {
    const silent = { out: () => undefined, err: () => undefined };
    const descriptions = (command: Command): string[] => [
      command.description(),
      ...command.commands.flatMap(descriptions),
    ];
    expect(descriptions(commandLine(silent)).filter((text) => text.includes('\n'))).toEqual([]);
  });

  it.each(Object.entries(HONOURED))('%s decides something', async (_, [without, added]) => {
    const plain = await outcome(without);
    const changed = await outcome(`${without} ${added}`);
    expect(changed).not.toEqual(plain);
    // Not by being refused.
    expect(changed.code).not.toBe(2);
  });

  it.each([
    [`${TRAIN} --mirror HOST`, '--mirror'],
    ['train pictures --out new --backbone none.h5 --mirror HOST', '--mirror'],
    [`${RESNET} --input 64x64x1`, '--input'],
    [`${TRAIN} --from classifier`, '--from'],
    [FEATURES, '--features'],
    [`${TRAIN} --features features`, '--features'],
    ...[
      ...['--strict', '--views mirror', '--engine layers', '--exclude list.csv', '--int8'],
      ...['--from knowing', '--no-cache', '--no-report'],
    ].map((given) => [`${FEATURES} --features features ${given}`, given.split(' ')[0] ?? '']),
    ['evaluate knowing', '--features'],
    ['evaluate knowing pictures --features features', '--features'],
    ['evaluate knowing --features features --views mirror', '--views'],
    ['evaluate knowing --features features --engine layers', '--engine'],
    ['evaluate knowing --features features --strict', '--strict'],
    ['train many --out new --from knowing --backbone base', '--backbone'],
    ['train many --out new --from knowing --head dense', '--head'],
    ['train many --out new --from knowing --int8', '--int8'],
    ['train many --out new --from knowing --multi-label', '--multi-label'],
    ['train many --out new --from classifier', '--from'],
    [`${TRAIN} --hidden-units 7`, '--hidden-units'],
    [`${TRAIN} --head dense --hidden-units 0`, '--hidden-units'],
    [`${TRAIN} --dropout 1`, '--dropout'],
    [`${TRAIN} --validation 1`, '--validation'],
    [`${TRAIN} --validation some`, '--validation'],
    [`${TRAIN} --batch-size 0`, '--batch-size'],
    [`${TRAIN} --patience 0`, '--patience'],
    [`${TRAIN} --patience -1`, '--patience'],
    [`${TRAIN} --epochs 0`, '--epochs'],
    [`${TRAIN} --seed 99999999999999999999`, '--seed'],
    [`${TRAIN} --engine keras`, '--engine'],
    [`${TRAIN} --views mirror,flip`, '--views'],
    [`${TRAIN} --views crop,crop`, '--views'],
    [`${TRAIN} --resume`, '--resume'],
    [`${TRAIN} --backbone-output h`, '--backbone-output'],
    [`${TRAIN} --backbone-layout nhwc`, '--backbone-layout'],
    [`${TRAIN} --exclude none.csv`, '--exclude'],
    [`${TRAIN} --exclude elsewhere.csv`, '--exclude'],
    [`${REVIEW} --out new.xlsx`, '--out'],
    [`${REVIEW} --out labels.csv`, 'labels.csv'],
    [`${REVIEW} --l2 0`, '--l2'],
    [`${REVIEW} --seed 1.5`, '--seed'],
    [`${REVIEW} --engine keras`, '--engine'],
    [`${REVIEW} --views flip`, '--views'],
    [`${REVIEW} --multi-label`, '--multi-label'],
    [`${REVIEW} --mirror HOST`, '--mirror'],
    [`${REVIEW} --backbone-output h`, '--backbone-output'],
    [`${REVIEW} --backbone-layout nhwc`, '--backbone-layout'],
    [`${TRAIN} --int8 --engine layers`, '--int8'],
    [`${ONNX} --int8`, '--int8'],
    ['train pictures --out pictures/new --backbone base', '--out'],
    ['compare --runs 3', '--runs'],
    ['compare --folds 3', '--folds'],
    ['compare --no-shift', '--no-shift'],
    ['compare --seed 3', '--seed'],
    ['compare --strict', '--strict'],
    ['compare --no-cache', '--no-cache'],
    ['compare --backbone base', '--backbone'],
    ['compare --preprocessing tf', '--preprocessing'],
    ['compare --mirror HOST', '--mirror'],
    [`${COMPARE} --classes 3`, '--classes'],
    [`${COMPARE} --depth 18`, '--depth'],
    [`${COMPARE} --variant v1`, '--variant'],
    [`${COMPARE} --budget 1GB`, '--budget'],
    [`${COMPARE} --folds 1`, '--folds'],
    [`${COMPARE} --folds 11`, '--folds'],
    [`${COMPARE} --format svg`, '--format'],
    [`${COMPARE} --out new.svg`, '--format'],
    [`${COMPARE} --input 32x32x1`, '--input'],
    [`${COMPARE} --mirror HOST`, '--mirror'],
    [`${COMPARE} --backbone-output h`, '--backbone-output'],
    ['compare --engine layers', '--engine'],
    ['compare --batch-size 3', '--batch-size'],
    ['compare --optimizer sgd', '--optimizer'],
    ['compare --theme dark', '--theme'],
    ['compare --theme dark --out new.json', '--theme'],
    ['compare --out new.png', '--out'],
    ['compare --budget 1GB --format svg', '--budget'],
    ['inspect base/model.json --theme light', '--theme'],
    ['inspect base/model.json --out new.csv', '--out'],
    ['evaluate classifier pictures --theme dark', '--theme'],
    ['evaluate classifier pictures --out new.xlsx', '--out'],
    ['evaluate classifier pictures --views all', '--views'],
    [`classify classifier ${PICTURE} --views mirror,`, '--views'],
    [`classify classifier ${PICTURE} --out new.txt`, '--out'],
    [`classify classifier ${PICTURE} --out ${PICTURE}`, '--out'],
    ['classify classifier pictures --out classifier/new.csv', '--out'],
    [`classify classifier ${PICTURE} --out new.csv --top 1`, '--top'],
    [`classify classifier ${PICTURE} --sort new --top 1`, '--top'],
    [`classify classifier ${PICTURE} --out new.csv --format json`, '--format'],
    [`classify classifier ${PICTURE} --all-classes`, '--all-classes'],
    [`classify classifier ${PICTURE} --out new.json --all-classes`, '--all-classes'],
    [`classify classifier ${PICTURE} --sort-by link`, '--sort-by'],
    [`classify classifier ${PICTURE} --sort new --sort-by move`, '--sort-by'],
    ['classify classifier pictures --sort pictures/new', '--sort'],
    ['classify classifier pictures --watch', '--watch'],
    ['classify classifier pictures --out new.json --watch', '--watch'],
    [`classify classifier ${PICTURE} --out new.csv --watch`, '--watch'],
    ['doctor --out new.html', '--out'],
    ['export classifier --to onnx --input jpeg', '--input'],
    ['export classifier --to onnx --model-version 3', '--model-version'],
    ['export classifier --to onnx --variables', '--variables'],
    ['export classifier --to onnx --int8', '--int8'],
    ['export classifier --to onnx --calibrate pictures', '--calibrate'],
    ['export classifier --to savedmodel --int8 --calibrate pictures', '--int8'],
    ['export classifier --to onnx --int8 --calibrate pictures --dtype float16', '--dtype'],
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

describe('an error of the library', () => {
  it('speaks of the option, and not of a path that is called like one', async () => {
    expect((await cli('compare', '--input', '16')).err).toMatch(/^error: --input: expected /);
    writeFileSync('head', 'a file');
    const args = ['--backbone', 'base', '--preprocessing', 'tf'];
    const { code, err } = await cli('train', 'pictures', '--out', 'head', ...args);
    rmSync('head');
    expect([code, err]).toEqual([
      2,
      'error: head: expected a folder, got "a file"; pass another path\n',
    ]);
  });

  it.each([
    ['train pictures --out new --backbone base', '--preprocessing: expected "caffe" '],
    [`${TRAIN} --input 160`, "--input: expected the model's own \\[32,32\\], or none, got "],
    ['train pictures --out new --backbone none.safetensors', '--preprocessing: expected "caffe" '],
    [
      `${RESNET} --preprocessing torch`,
      '--preprocessing: expected "caffe" for keras/resnet50, or none, got "torch"',
    ],
    [
      `${TRAIN.replace('pictures', 'parts')} --validation 0.3`,
      '--validation: expected none, as parts has "val" to validate on, got 0.3; leave it out',
    ],
    [
      `explain classifier ${PICTURE} --out new.png --class grey`,
      '--class: expected one of "dark" and "light", got "grey"',
    ],
    [`classify classifier ${PICTURE} --top 0`, '--top: expected a positive integer, got 0'],
    [
      'export classifier --to savedmodel --model-version 0',
      '--model-version: expected a positive integer, got 0',
    ],
  ])('of %s begins with %s', async (line, beginning) => {
    for (const part of ['train', 'val']) cpSync('pictures', `parts/${part}`, { recursive: true });
    const { code, err } = await cli(...line.split(' '));
    rmSync('parts', { recursive: true });
    expect(err).toMatch(new RegExp(`^error: ${beginning}`));
    expect(code).toBe(2);
  });
});

describe('evaluate --out', () => {
  it('writes what the extension says', async () => {
    const [json] = (await outcome('evaluate classifier pictures --out new.json')).files;
    expect(JSON.parse(json?.[1] ?? '')).toMatchObject({ total: 6 });
    const [svg] = (await outcome('evaluate classifier pictures --out new.svg')).files;
    expect(svg?.[1]).toMatch(/^<svg /);
    const [text] = (await outcome('evaluate classifier pictures --out new.svg --format text'))
      .files;
    expect(text?.[1]).toContain('Accuracy: ');
  });
});

describe('without network', () => {
  it('train names the ways to do without, and takes a mirror', async () => {
    const { code, err, asked } = await outcome(`${RESNET} --mirror HOST/mirror`);
    expect(code).toBe(1);
    expect(err).toMatch(
      /status 404; .*; or pass --backbone resnet-mini, which needs no network, or a file of your own\n$/,
    );
    expect(asked.length).toBeGreaterThan(0);
    for (const path of asked) expect(path).toMatch(/^\/mirror\//);
  });
});

describe('plain JavaScript as backend', () => {
  it('is named, with what to install', async () => {
    jest.doMock('../../src/backend', () => ({
      useFastestBackend: () => Promise.resolve('cpu'),
    }));
    const results = [
      await cli('classify', 'classifier', PICTURE),
      await cli('evaluate', 'classifier', 'pictures'),
      await cli('explain', 'classifier', PICTURE, '--out', 'new.png', '--class', 'dark'),
      await cli(...TRAIN.split(' '), '--epochs', '1'),
    ];
    jest.dontMock('../../src/backend');
    for (const { code, err } of results) {
      expect(code).toBe(0);
      expect(err).toMatch(
        /^warning: TensorFlow.js computes in plain JavaScript \(cpu\), [^\n]*; npm install @tensorflow\/tfjs-backend-wasm$/m,
      );
    }
    const { err } = await cli('classify', 'classifier', PICTURE, '--no-cache');
    expect(err).toBe('computed by onnxruntime\n');
  });
});
