import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import {
  attachHead,
  extractFeatures,
  fitHead,
  loadBackbone,
  loadClassifier,
  loadWeights,
  pooledHead,
  resnet,
  saveWeights,
  trainClassifier,
} from 'resnet-heads';
import ts from 'typescript';
import { listSource } from '../../src/node/features/listed';
import { remedyFor } from '../../src/node/doctor/remedies';
import { dataspace, FLOAT32, Hdf5Writer, type Message, pack } from '../setup/hdf5-writer';
import { miniClassifier, miniResnet } from '../setup/mini-resnet';
import { node, onnxFile } from '../setup/write-onnx';
import { environmentFor, startObjectStore } from '../setup/object-store';
import { weightServer, type WeightServer } from '../setup/weight-server';

// Without the pauses between tries.
jest.mock('../../src/node/remote/timing', () => ({
  ...jest.requireActual<object>('../../src/node/remote/timing'),
  RETRY_DELAY_MS: 1,
}));

const page = readFileSync(join(__dirname, '../../docs/troubleshooting.md'), 'utf8');
const headings = [...page.matchAll(/^### `(.*)`$/gm)].map(([, message = '']) => message);

let folder = '';
let host: WeightServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'troubleshooting-'));
  for (const name of ['photos/cat', 'photos/dog', 'photos/bird'])
    mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['cat', 'dog', 'bird'])
    writeFileSync(join(folder, 'photos', name, '1.jpg'), 'no picture');
  host = await weightServer();
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

const dense = (name: string, inputShape: number[]) =>
  tf.sequential({ layers: [tf.layers.dense({ name, units: 2, inputShape })] });
/** A message of other software, which the doctor has to know. */
const known = (message: string) => () => {
  if (remedyFor(message).what === 'it fails') throw new Error(`the doctor doesn't know ${message}`);
  throw new Error(message);
};
/** A `.keras` file whose dense layer is of another class. */
function loadWithDense(className: string): Promise<unknown> {
  const members = unzipSync(readFileSync(join(__dirname, '../goldens/keras3/sequential.keras')));
  const config = strFromU8(members['config.json']!).replace('"Dense"', `"${className}"`);
  const path = join(folder, 'model.keras');
  writeFileSync(path, zipSync({ ...members, 'config.json': strToU8(config) }));
  return loadBackbone(path, { preprocessing: 'none' });
}
const load = (model: tf.LayersModel, source: Parameters<typeof loadWeights>[1]) =>
  loadWeights(model, source, { cache: false, retries: 0 });
/** HDF5 with one dataset of this layout. */
function datasetFile(shape: number[], layout: Message): Uint8Array {
  const writer = new Hdf5Writer();
  const dataset = writer.object(dataspace(...shape), FLOAT32, layout);
  return writer.file(writer.group(['layer', writer.group(['kernel', dataset])]));
}
const features = (labels: number[], value = 1) => ({
  values: tf.fill([labels.length, 2, 2, 3], value),
  labels: Int32Array.from(labels),
  featureShape: [2, 2, 3] as const,
});
const head = pooledHead({ numClasses: 2 });
const miniBackbone = () => loadBackbone(miniResnet('v1', 1), { preprocessing: 'caffe' });
const classifierOf = (model: tf.LayersModel) =>
  loadClassifier(model, { classes: ['cat', 'dog'], preprocessing: 'tf' });

/** What brings a message about, by how its heading begins; in the order of the page. */
const PROVOCATIONS: readonly (readonly [heading: string, provoke: () => unknown])[] = [
  [
    'Cannot find package',
    () => {
      const script = join(folder, 'app.mjs');
      writeFileSync(script, "import '@tensorflow/tfjs';");
      throw new Error(spawnSync(process.execPath, [script], { encoding: 'utf8' }).stderr);
    },
  ],
  [
    'The Node.js native addon',
    known(
      'The Node.js native addon module (tfjs_binding.node) can not be found at path: /a/lib/napi-v8/tfjs_binding.node.',
    ),
  ],
  ['(0 , util_1', known('(0 , util_1.isNullOrUndefined) is not a function')],
  [
    'ECMAScript imports',
    () => {
      const file = join(folder, 'a.ts');
      writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }');
      writeFileSync(file, "import { b } from './b.js';\nb();");
      writeFileSync(join(folder, 'b.d.ts'), 'export declare const b: () => void;');
      const program = ts.createProgram([file], {
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        target: ts.ScriptTarget.ES2022,
        types: [],
        verbatimModuleSyntax: true,
        noEmit: true,
      });
      const found = ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText);
      throw new Error(found.map((each) => ts.flattenDiagnosticMessageText(each, '\n')).join('\n'));
    },
  ],
  [
    '…: expected a tf.LayersModel of the',
    () => {
      // What a model of another copy has, without its class.
      attachHead({ layers: [], outputs: [] } as unknown as tf.LayersModel, head);
    },
  ],
  ['weights: expected one', () => resnet({ weights: 'imagenet' as 'random' })],
  ['…: expected a feature map', () => attachHead(dense('scores', [3]), head)],
  [
    '…: expected a tf.LayersModel, got a tf.GraphModel',
    () => attachHead(new tf.GraphModel('x') as unknown as tf.LayersModel, head),
  ],
  ['preprocessing:', () => loadBackbone(join(folder, 'mobilenet'))],
  [
    'backbone:',
    () => extractFeatures(miniResnet() as unknown as Awaited<ReturnType<typeof miniBackbone>>, []),
  ],
  [
    '…: expected the file within',
    () => {
      host.answer((_, response) => response.destroy());
      return load(miniResnet(), host.url);
    },
  ],
  [
    '…: expected weights of a ResNet',
    async () => load(miniResnet('v1.5'), await saveWeights(miniResnet('v1', 1))),
  ],
  [
    '…: … expected […]',
    async () => load(miniClassifier('v1', 3), await saveWeights(miniClassifier('v1', 2, 1))),
  ],
  [
    '…: expected all weights',
    async () => load(miniClassifier('v1', 2), await saveWeights(miniResnet('v1', 1))),
  ],
  ['weights: expected HDF5', () => load(miniResnet(), new TextEncoder().encode('<!doctype html>'))],
  ['HDF5:', () => load(miniResnet(), datasetFile([2], [0x08, pack([4, 1], [3, 1])]))],
  ["model: expected a ResNet with Keras's", () => load(dense('scores', [3]), 'imagenet')],
  ['pictures:', async () => trainClassifier(await miniBackbone(), join(folder, 'photos/cat'))],
  [
    '…: expected either class folders',
    () => {
      mkdirSync(join(folder, 'mixed/train'), { recursive: true });
      mkdirSync(join(folder, 'mixed/bus'));
      return miniBackbone().then((own) => trainClassifier(own, join(folder, 'mixed')));
    },
  ],
  [
    'exclude: expected paths',
    async () =>
      trainClassifier(await miniBackbone(), join(folder, 'photos'), { exclude: ['moved.jpg'] }),
  ],
  [
    '…: expected the file within 6 tries',
    () => {
      host.answer((_, response) => response.destroy());
      return listSource(`${host.url}/list.txt`, {});
    },
  ],
  [
    '…: expected a whole .tar file',
    async () => {
      const path = join(folder, 'cut.tar');
      writeFileSync(path, Buffer.alloc(700, 'x'));
      const source = await listSource(path, {});
      for await (const entry of source.entries(0)) throw new Error(`got ${entry.name}`);
    },
  ],
  [
    's3://…: expected access',
    async () => {
      const store = await startObjectStore();
      store.fault = () => 401;
      Object.assign(process.env, environmentFor(store));
      await listSource('s3://bucket/list.txt', {}).finally(() => store.close());
    },
  ],
  [
    'class "…"',
    () => {
      for (const name of ['cat', 'dog']) {
        mkdirSync(join(folder, 'pages', name), { recursive: true });
        writeFileSync(join(folder, 'pages', name, '1.jpg'), '<html>');
      }
      return miniBackbone().then((own) => trainClassifier(own, join(folder, 'pages')));
    },
  ],
  [
    '…: expected folders of the classes',
    async () => (await classifierOf(miniClassifier('v1', 2))).evaluate(join(folder, 'photos')),
  ],
  [
    '….json: expected a file of a TensorFlow.js',
    () => loadBackbone(join(folder, 'none'), { preprocessing: 'tf' }),
  ],
  ['….keras: layer … (…)', () => loadWithDense('NoSuchLayer')],
  ['….json: expected a file of a saved', () => loadClassifier(join(folder, 'none'))],
  [
    '…: expected a new folder',
    async () => (await classifierOf(miniClassifier('v1', 2))).save(join(folder, 'photos')),
  ],
  [
    'onnx: output',
    () =>
      loadClassifier(
        onnxFile({ nodes: [node('ReduceMean', ['x'], 'y', { keepdims: 0 })], rank: 0 }),
      ),
  ],
  [
    'model: expected softmax',
    () => {
      const model = tf.sequential({
        layers: [tf.layers.dense({ units: 2, activation: 'relu', inputShape: [1, 1, 3] })],
      });
      return classifierOf(model);
    },
  ],
  ['features:', () => fitHead(head, features([0, 1], NaN))],
  [
    'learningRate:',
    () => fitHead(head, features([0, 1], 1e20), { learningRate: 0.1, classWeights: [3e38, 3e38] }),
  ],
  ["Kernel '…'", () => tf.engine().runKernel('Conv9D', {})],
];

describe('docs/troubleshooting.md', () => {
  it('has a heading for each message that is brought about here, and no other', () => {
    const begun = PROVOCATIONS.map(([start]) => headings.find((each) => each.startsWith(start)));
    expect(begun).toEqual(headings);
  });

  it.each(PROVOCATIONS)('quotes %s… as it is thrown', async (start, provoke) => {
    const heading = headings.find((each) => each.startsWith(start)) ?? '';
    const quoted = heading
      .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('…', '[^]*');
    const error = await new Promise((resolve) => {
      resolve(provoke());
    }).then(
      () => new Error('nothing was thrown'),
      (reason: unknown) => reason as Error,
    );
    expect(error.message).toMatch(new RegExp(quoted));
  });
});
