import { execFile } from 'node:child_process';
import {
  cpSync,
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
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  type Backbone,
  loadBackbone,
  loadClassifier,
  pooledHead,
  splitModel,
} from 'resnet-heads';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, numbers } from '../setup/mini-resnet';
import { OTHER_BASES, smallBase } from '../setup/small-base';
import { saveModel } from '../setup/save-model';
import { type Handler, weightServer, type WeightServer } from '../setup/weight-server';

const run = promisify(execFile);

let folder: string;
let host: WeightServer;
beforeEach(async () => {
  host = await weightServer();
  host.answer(serveFolder);
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-classifier-'));
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

const classifier = () =>
  loadClassifier(attachHead(miniResnet('v1', 1), pooledHead({ numClasses: 2 }), { seed: 1 }), {
    engine: 'layers',
    classes: ['Katze', 'כלב'],
    preprocessing: 'caffe',
  });
const KNOWN = { classes: ['Katze', 'כלב'], inputSize: [32, 32], preprocessing: 'caffe' };

/** A backbone whose layers may have names of their own. */
const backboneOf = (
  model: tf.LayersModel,
  preprocessing: Backbone['preprocessing'] = 'caffe',
): Promise<Backbone> => loadBackbone(model, { preprocessing });

/** All files of a folder, by their paths. */
const contentOf = (place: string) =>
  Object.fromEntries(
    readdirSync(place, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(place, path)).isFile())
      .map((path) => [path, readFileSync(join(place, path), 'latin1')]),
  );

const serveFolder: Handler = (request, response) => {
  const name = request.url?.split('/').at(-1) ?? '';
  try {
    response.end(readFileSync(join(folder, name)));
  } catch {
    response.writeHead(404).end();
  }
};

/** What comes of loading the classifier by its address, as a page does and in Node. */
async function loadByAddress(): Promise<unknown> {
  const script = join(__dirname, '../setup/classifier-child.ts');
  const url = new URL('/model', host.url).href;
  const { stdout } = await run(process.execPath, ['--import', 'tsx', script, url]);
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n')));
}

describe('a classifier in a folder', () => {
  it('is the same when it is loaded, from disk and by its address, bit for bit', async () => {
    const saved = await classifier();
    await saved.save(folder);
    expect(readdirSync(folder).sort()).toEqual(['metadata.json', 'model.json', 'weights.bin']);
    const image = tf.randomUniform<tf.Rank.R3>([32, 32, 3], 0, 255, 'int32', 1);
    const expected = await saved.classify(image);

    // Engines round differently, and a page has the layers only.
    const loaded = await loadClassifier(folder, { engine: 'layers' });
    expect(loaded).toMatchObject(KNOWN);
    expect(loaded.backbone.featureShape).toEqual([1, 1, 64]);
    expect(numbers(loaded.model)).toEqual(numbers(saved.model));
    expect(await loaded.classify(image)).toEqual(expected);
    // It still knows where its head begins.
    expect(splitModel(loaded.model).head.outputShape).toEqual([null, 2]);
    loaded.dispose();

    const answers = await loadByAddress();
    const answer = { ...KNOWN, found: expected };
    expect(answers).toEqual([answer, answer]);
    image.dispose();
    saved.dispose();
  });

  it('is its head alone, where the backbone is at hand', async () => {
    const saved = await classifier();
    const image = tf.randomUniform<tf.Rank.R3>([32, 32, 3], 0, 255, 'int32', 1);
    const expected = await saved.classify(image);
    await saved.save(folder, { scope: 'head' });
    expect(await saved.classify(image)).toEqual(expected);
    saved.dispose();
    expect(statSync(join(folder, 'weights.bin')).size).toBe(4 * (64 * 2 + 2));
    await expect(loadClassifier(folder)).rejects.toThrow(
      'backbone: expected the backbone that the head was trained on, as only the head was saved, got none; pass it: loadClassifier(source, { backbone })',
    );
    const other = await backboneOf(miniResnet('v1', 2));
    await expect(loadClassifier(folder, { backbone: other })).rejects.toThrow(
      /^backbone: expected the backbone that the head was trained on, with SHA-256 [\da-f]{64}, got "[\da-f]{64}"; its input size, layers or weights differ/,
    );
    other.dispose();
    const scaled = await backboneOf(miniResnet('v1', 1), 'tf');
    await expect(loadClassifier(folder, { backbone: scaled })).rejects.toThrow(
      'backbone: expected one with preprocessing "caffe", got "tf"',
    );
    scaled.dispose();
    const backbone = await backboneOf(miniResnet('v1', 1));
    await expectNoLeak(async () => {
      await expect(loadClassifier(folder, { backbone: backbone.model as never })).rejects.toThrow(
        'backbone: expected one from loadBackbone(), got a tf.LayersModel; wrap it',
      );
      const loaded = await loadClassifier(folder, { backbone, engine: 'layers' });
      expect(loaded.backbone).toBe(backbone);
      expect(await loaded.classify(image)).toEqual(expected);
      loaded.dispose();
      // The backbone stays the caller's.
      const again = await loadClassifier(folder, { backbone, engine: 'layers' });
      expect(await again.classify(image)).toEqual(expected);
      again.dispose();
    });
    backbone.dispose();
    image.dispose();
  });

  it('takes no backbone where it was saved whole', async () => {
    const saved = await classifier();
    await saved.save(folder);
    saved.dispose();
    const backbone = await backboneOf(miniResnet('v1', 1));
    await expectNoLeak(async () => {
      await expect(loadClassifier(folder, { backbone })).rejects.toThrow(
        `backbone: expected none, as ${folder} was saved with its own backbone, got "mini"`,
      );
    });
    backbone.dispose();
    for (const [name, value] of Object.entries(KNOWN)) {
      await expect(loadClassifier(folder, { [name]: value })).rejects.toThrow(
        `${name}: expected none for a saved classifier, which has its own, got `,
      );
    }
  });

  it.each([...OTHER_BASES, ['input size', { size: 33 }] as const])(
    'refuses a head alone on a backbone of the same weights and another %s',
    async (_, other) => {
      const model = attachHead(smallBase(), pooledHead({ numClasses: 2 }));
      const known = { classes: ['cat', 'dog'], preprocessing: 'tf' } as const;
      const saved = await loadClassifier(model, known);
      await saved.save(folder, { scope: 'head' });
      saved.dispose();
      const backbone = await backboneOf(smallBase(other), 'tf');
      await expectNoLeak(async () => {
        await expect(loadClassifier(folder, { backbone })).rejects.toThrow(
          'backbone: expected the backbone that the head was trained on',
        );
      });
      backbone.dispose();
      const same = await backboneOf(smallBase(), 'tf');
      (await loadClassifier(folder, { backbone: same })).dispose();
      same.dispose();
    },
  );

  it('takes the place of its like, and of nothing else', async () => {
    const saved = await classifier();
    const [own, model] = [join(folder, 'own'), join(folder, 'model')];
    await saved.save(own);
    await saved.save(own, { scope: 'head' });
    await saveModel(saved.model, model);
    // A model of TensorFlow.js, and Teachable Machine's files, which have the names of ours.
    const json = JSON.parse(readFileSync(join(model, 'model.json'), 'utf8')) as object;
    const foreign = JSON.stringify({ ...json, generatedBy: 'TensorFlow.js tfjs-layers v4.22.0' });
    mkdirSync(join(folder, 'tfjs'));
    writeFileSync(join(folder, 'tfjs/model.json'), foreign);
    writeFileSync(join(folder, 'tfjs/weights.bin'), '');
    cpSync(join(folder, 'tfjs'), join(folder, 'teachable'), { recursive: true });
    writeFileSync(join(folder, 'teachable/metadata.json'), '{"labels":["cat","dog"]}');
    // Files of ours by their names only.
    for (const name of ['report.html', 'history.json']) {
      cpSync(own, join(folder, name.slice(0, 6)), { recursive: true });
      writeFileSync(join(folder, name.slice(0, 6), name), '{"title":"mine"}');
    }
    const before = contentOf(folder);
    for (const name of ['model', 'tfjs', 'teachable', 'report', 'histor']) {
      await expect(saved.save(join(folder, name))).rejects.toThrow(
        'expected a new folder, an empty one, or a classifier that resnet-heads wrote, got "',
      );
    }
    expect(contentOf(folder)).toEqual(before);
    saved.dispose();
  });

  it('refuses wrong arguments before anything is written', async () => {
    const saved = await classifier();
    const to = join(folder, 'new');
    const wrong = { scope: 'base' as 'all' };
    await expect(saved.save(to, wrong)).rejects.toThrow('scope: expected one of');
    await expect(saved.save(to, null as never)).rejects.toThrow('options: expected');
    await expect(saved.save(3 as never)).rejects.toThrow('folder: expected a path');
    await expect(saved.files(wrong)).rejects.toThrow('scope: expected one of');
    expect(readdirSync(folder)).toEqual([]);
    saved.dispose();
  });

  it('is refused by its address where its weights are not named or not finite', async () => {
    const saved = await classifier();
    await saved.save(folder);
    saved.dispose();
    const refusal = (name: string, message: string) => {
      const error = {
        ...{ name, left: 0 },
        message: expect.stringMatching(message) as string,
      };
      return [error, error];
    };
    const path = join(folder, 'weights.bin');
    const bytes = readFileSync(path);
    bytes.writeFloatLE(NaN, bytes.length - 4);
    writeFileSync(path, bytes);
    expect(await loadByAddress()).toEqual(
      refusal('ArgumentError', 'model/weights.bin: expected the file that was saved with metadata'),
    );
    // Without a hash, what was damaged is told by its values.
    const metadata = join(folder, 'metadata.json');
    const { weightsSha256, ...rest } = JSON.parse(readFileSync(metadata, 'utf8')) as Record<
      string,
      unknown
    >;
    expect(weightsSha256).toHaveLength(64);
    writeFileSync(metadata, JSON.stringify(rest));
    expect(await loadByAddress()).toEqual(
      refusal(
        'WeightsError',
        'model/model.json: \\w+/\\w+ expected finite numbers, got NaN at \\d+; ',
      ),
    );
    const json = readFileSync(join(folder, 'model.json'), 'utf8');
    writeFileSync(join(folder, 'model.json'), json.replace('weightsManifest', 'none'));
    expect(await loadByAddress()).toEqual(
      refusal(
        'ArgumentError',
        'model/model.json: expected a weightsManifest of paths and weights, got undefined; ',
      ),
    );
  });

  it('says what is missing or damaged', async () => {
    await expect(loadClassifier(folder)).rejects.toThrow(
      /metadata\.json: expected a file of a saved classifier, got no such file; pass a folder that train or classifier\.save\(\) wrote$/,
    );
    writeFileSync(join(folder, 'metadata.json'), '{"version":');
    await expect(loadClassifier(folder)).rejects.toThrow(/metadata\.json: expected a file of/);
    writeFileSync(join(folder, 'metadata.json'), '{"version":9}');
    await expect(loadClassifier(folder)).rejects.toThrow('metadata.version: expected 2, got 9');
    await expect(loadClassifier(new URL('/none/', host.url).href)).rejects.toThrow(
      'metadata.version: expected 2, got 9',
    );
    rmSync(join(folder, 'metadata.json'));
    await expect(loadClassifier(host.url)).rejects.toThrow(
      'metadata.json: expected a file of a saved classifier, got status 404',
    );
  });
});
