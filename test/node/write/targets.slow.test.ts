import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import {
  type Backbone,
  type Classifier,
  exportOnnx,
  exportSavedModel,
  extractFeatures,
  loadBackbone,
  loadClassifier,
  trainClassifier,
} from 'resnet-heads';
import { writeClassifier } from '../../../src/node/classifier-folder';
import { writeOnnx } from '../../../src/node/export-onnx';
import { expectNoLeak } from '../../setup/memory';
import { miniClassifier, miniResnet } from '../../setup/mini-resnet';
import { drawPictures } from '../../setup/picture-folder';

const home = process.cwd();
let folder: string;
let classifier: Classifier;
let backbone: Backbone;
const at = (...names: string[]) => join(folder, ...names);

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'resnet-heads-targets-')));
  await drawPictures(at('pictures'), 3);
  mkdirSync(at('here'));
  mkdirSync(at('elsewhere'));
  process.chdir(at('here'));
  const known = { classes: ['dark', 'light'], preprocessing: 'caffe' } as const;
  classifier = await loadClassifier(miniClassifier('v1', 2, 1), known);
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'caffe' });
});
afterEach(() => {
  process.chdir(home);
  classifier.dispose();
  backbone.dispose();
  rmSync(folder, { recursive: true, force: true });
});

type Target = string | URL;

const train = async (out: Target, onEpoch?: () => void) => {
  const options = { out, epochs: 2, ...(onEpoch && { onEpoch }) };
  (await trainClassifier(backbone, at('pictures'), options)).dispose();
};

/** Everything that writes where its caller says. */
const WRITERS: readonly [string, (target: Target) => Promise<unknown>][] = [
  ['save', (target) => classifier.save(target)],
  ['trainClassifier', (target) => train(target)],
  ['exportOnnx', (target) => exportOnnx(classifier, target)],
  ['exportSavedModel', (target) => exportSavedModel(classifier, target)],
  [
    'a version of exportSavedModel',
    (target) => exportSavedModel(classifier, target, { modelVersion: 1 }),
  ],
  [
    'explain',
    async (out) => {
      const { values, overlay } = await classifier.explain(at('pictures/dark/0.png'), { out });
      tf.dispose([values, overlay]);
    },
  ],
  [
    'a cache of features',
    async (cacheFolder) => {
      const { values } = await extractFeatures(backbone, at('pictures'), { cacheFolder });
      values.dispose();
    },
  ],
];

describe.each(WRITERS)('%s', (_, write) => {
  it('takes a file: URL, and its text', async () => {
    for (const name of ['a.png', 'b.png']) {
      const url = pathToFileURL(at('elsewhere', name));
      await expectNoLeak(() => write(name === 'a.png' ? url : url.href));
      expect(existsSync(at('elsewhere', name))).toBe(true);
    }
    expect(readdirSync(at('here'))).toEqual([]);
  });

  it.each(['http://localhost/y.png', 'indexeddb://y.png', 'file://host/y.png', ''])(
    'refuses %j',
    async (target) => {
      for (const each of target === '' ? [target] : [target, new URL(target)]) {
        await expectNoLeak(() =>
          expect(write(each)).rejects.toMatchObject({
            name: 'ArgumentError',
            message: expect.stringMatching(
              /: expected a path or a file: URL, got ".*"; files are only written to paths$/,
            ) as string,
          }),
        );
      }
      expect(readdirSync(at('here'))).toEqual([]);
    },
  );
});

it('a cache of downloads is no address either', async () => {
  for (const cacheFolder of ['http://localhost/y', '']) {
    const loaded = loadBackbone('http://localhost:1/w.safetensors', {
      ...{ cacheFolder, preprocessing: 'caffe', retries: 0 },
    });
    await expect(loaded).rejects.toThrow('cacheFolder: expected a path or a file: URL');
  }
});

it('a relative path is of the folder that the process was in when it began', async () => {
  const leave = () => {
    process.chdir(at('elsewhere'));
  };
  await train('trained', leave);
  process.chdir(at('here'));
  await writeClassifier('saved', () => {
    leave();
    return classifier.files();
  });
  process.chdir(at('here'));
  await writeOnnx('a.onnx', () => {
    leave();
    return exportOnnx(classifier);
  });
  expect(readdirSync(at('here')).sort()).toEqual(['a.onnx', 'saved', 'trained']);
  expect(readdirSync(at('elsewhere'))).toEqual([]);
});

it('features are not kept among the pictures', async () => {
  process.chdir(folder);
  for (const cacheFolder of [
    'pictures',
    'pictures/cache',
    pathToFileURL(at('pictures/a/b')).href,
  ]) {
    await expectNoLeak(() =>
      expect(extractFeatures(backbone, at('pictures'), { cacheFolder })).rejects.toThrow(
        `cacheFolder: expected a folder outside the pictures, got "${cacheFolder}"`,
      ),
    );
  }
  expect(readdirSync(at('pictures')).sort()).toEqual(['dark', 'light']);
});
