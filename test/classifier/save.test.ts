import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type Backbone, loadBackbone, loadClassifier, trainClassifier } from 'resnet-heads';
import { colouredPicture, colouredPictures } from '../setup/coloured-pictures';
import { expectNoLeak } from '../setup/memory';
import { miniResnet } from '../setup/mini-resnet';
import { type WeightServer, weightServer } from '../setup/weight-server';

const NAMES = ['metadata.json', 'model.json', 'weights.bin'];

let folder: string;
let host: WeightServer;
let backbone: Backbone;
let pictures: ReturnType<typeof colouredPictures>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-save-'));
  host = await weightServer();
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  pictures = colouredPictures(2);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await host.close();
  tf.dispose(pictures.map(({ picture }) => picture));
  backbone.dispose();
});

const train = () => trainClassifier(backbone, pictures, { epochs: 2 });

/** Serves these files, whatever the folder is called. */
function serve(files: Readonly<Record<string, Uint8Array>>): URL {
  host.answer(({ url = '' }, response) => {
    const body = files[url.split('/').at(-1) ?? ''];
    response.writeHead(body ? 200 : 404).end(body);
  });
  return new URL('classifier/', host.url);
}

describe('the weights of a saved classifier', () => {
  /** Changes metadata.json. */
  const withMetadata = (
    files: Readonly<Record<string, Uint8Array>>,
    change: (metadata: Record<string, unknown>) => object,
  ): Record<string, Uint8Array> => {
    const json = new TextDecoder().decode(files['metadata.json']);
    const changed = change(JSON.parse(json) as Record<string, unknown>);
    return { ...files, 'metadata.json': new TextEncoder().encode(JSON.stringify(changed)) };
  };

  it('must be those that were saved with the metadata', async () => {
    const [classifier, other] = [
      await trainClassifier(backbone, pictures, { epochs: 1 }),
      await trainClassifier(backbone, pictures, { epochs: 2 }),
    ];
    const [files, others] = [await classifier.files(), await other.files()];
    const flipped = files['weights.bin']!.slice();
    flipped[flipped.length - 2]! ^= 0x40;
    await expectNoLeak(async () => {
      for (const bytes of [flipped, others['weights.bin']!]) {
        const changed = { ...files, 'weights.bin': bytes };
        await expect(loadClassifier(changed)).rejects.toThrow(
          /weights\.bin: expected the file that was saved with metadata\.json, got another or a damaged one; /,
        );
        const free = withMetadata(changed, ({ weightsSha256, ...rest }) => {
          expect(weightsSha256).toMatch(/^[0-9a-f]{64}$/);
          return rest;
        });
        (await loadClassifier(free)).dispose();
      }
    });
    const wrong = withMetadata(files, (metadata) => ({ ...metadata, weightsSha256: 'none' }));
    await expect(loadClassifier(wrong)).rejects.toThrow(
      'metadata.weightsSha256: expected the SHA-256 of weights.bin, got "none"',
    );
    classifier.dispose();
    other.dispose();
  });

  it('may be in several files', async () => {
    const classifier = await train();
    const { 'model.json': json, 'weights.bin': weights, ...files } = await classifier.files();
    const model = JSON.parse(new TextDecoder().decode(json)) as tf.io.ModelJSON;
    const parts = { 'a.bin': weights!.slice(0, 1000), 'b.bin': weights!.slice(1000) };
    const weightsManifest = model.weightsManifest.map((group) => ({
      ...group,
      paths: Object.keys(parts),
    }));
    const split = {
      ...{ ...files, ...parts },
      'model.json': new TextEncoder().encode(JSON.stringify({ ...model, weightsManifest })),
    };
    const loaded = await loadClassifier(split);
    const image = colouredPicture('blue', 3);
    expect(await loaded.classify(image)).toEqual(await classifier.classify(image));
    tf.dispose([image]);
    loaded.dispose();
    classifier.dispose();
  });
});

describe('classifier.save and files', () => {
  it.each(['all', 'head'] as const)(
    'give the same files, which are loaded from a folder or an address: %s',
    async (scope) => {
      const classifier = await train();
      const image = colouredPicture('blue', 3);
      const expected = await classifier.classify(image);
      const at = join(folder, scope);
      const options = scope === 'head' ? { backbone } : {};
      await expectNoLeak(async () => {
        const files = await classifier.files({ scope });
        await classifier.save(at, { scope });
        expect(readdirSync(at).sort()).toEqual(NAMES);
        expect(Object.keys(files).sort()).toEqual(NAMES);
        for (const [name, bytes] of Object.entries(files)) {
          expect(Buffer.from(bytes).equals(readFileSync(join(at, name)))).toBe(true);
        }
        // It goes on as it was.
        expect(await classifier.classify(image)).toEqual(expected);
        for (const source of [at, serve(files)]) {
          const loaded = await loadClassifier(source, options);
          expect(loaded.classes).toEqual(classifier.classes);
          expect(await loaded.classify(image)).toEqual(expected);
          const { inputSize, preprocessing, featureShape } = loaded.backbone;
          expect(backbone).toMatchObject({ inputSize, preprocessing, featureShape });
          expect(await loaded.backbone.sha256()).toBe(await backbone.sha256());
          expect(loaded.backbone === backbone).toBe(scope === 'head');
          expect([loaded.history, loaded.training]).toEqual([[], undefined]);
          loaded.dispose();
        }
      });
      image.dispose();
      classifier.dispose();
    },
  );

  it('of scope head are a small part of all', async () => {
    const classifier = await train();
    const [all, head] = [await classifier.files(), await classifier.files({ scope: 'head' })];
    // A weight for each channel and class, and a bias.
    expect(head['weights.bin']).toHaveLength(4 * (64 * 3 + 3));
    expect(all['weights.bin']!.length).toBe(
      4 * backbone.model.countParams() + head['weights.bin']!.length,
    );
    classifier.dispose();
  });

  it('a head is loaded with the right backbone only', async () => {
    const classifier = await train();
    const source = serve(await classifier.files({ scope: 'head' }));
    classifier.dispose();
    const others = [
      await loadBackbone(miniResnet('v1', 2), { preprocessing: 'tf' }),
      await loadBackbone(miniResnet('v1.5', 1), { preprocessing: 'tf' }),
    ];
    const scaled = { ...backbone, preprocessing: 'torch' } as const;
    await expectNoLeak(async () => {
      for (const other of others) {
        await expect(loadClassifier(source, { backbone: other })).rejects.toThrow(
          `backbone: expected the backbone that the head was trained on, with SHA-256 ${await backbone.sha256()}, got "${await other.sha256()}"`,
        );
      }
      await expect(loadClassifier(source, { backbone: scaled })).rejects.toThrow(
        'backbone: expected one with preprocessing "tf", got "torch"',
      );
      await expect(loadClassifier(source)).rejects.toThrow(
        'backbone: expected the backbone that the head was trained on, as only the head was saved, got none; pass it: loadClassifier(source, { backbone })',
      );
      await expect(loadClassifier(source, { backbone: backbone.model as never })).rejects.toThrow(
        'backbone: expected one from loadBackbone()',
      );
    });
    for (const other of others) other.dispose();
    // Another load of the same.
    const same = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
    const loaded = await loadClassifier(source, { backbone: same });
    expect(loaded.backbone).toBe(same);
    loaded.dispose();
    same.dispose();
  });

  it('after fine-tuning a head goes with the fine-tuned backbone, once that is saved', async () => {
    const tuned = await train();
    await tuned.fineTune(pictures, { epochs: 1 });
    await expect(tuned.files({ scope: 'head' })).rejects.toThrow("scope: expected 'all' after");
    const classifier = await loadClassifier(await tuned.files());
    tuned.dispose();
    const source = serve(await classifier.files({ scope: 'head' }));
    const image = colouredPicture('red', 8);
    await expectNoLeak(async () => {
      await expect(loadClassifier(source, { backbone })).rejects.toThrow('backbone: expected the');
      const loaded = await loadClassifier(source, { backbone: classifier.backbone });
      expect(await loaded.classify(image)).toEqual(await classifier.classify(image));
      loaded.dispose();
      // Still there.
      expect(await classifier.classify(image)).toHaveLength(3);
    });
    image.dispose();
    classifier.dispose();
  });

  it('of a loaded head are those that it was loaded from, also once it was fine-tuned', async () => {
    const classifier = await train();
    const files = await classifier.files({ scope: 'head' });
    classifier.dispose();
    const loaded = await loadClassifier(serve(files), { backbone });
    const again = await loaded.files({ scope: 'head' });
    expect(Buffer.from(again['weights.bin']!).equals(files['weights.bin']!)).toBe(true);
    const hash = await backbone.sha256();
    await loaded.fineTune(pictures, { epochs: 1 });
    expect(await backbone.sha256()).toBe(hash);
    loaded.dispose();
    expect(() => backbone.model.weights[0]!.read()).not.toThrow();
  });

  it('refuse what can’t be saved, and options that a saved classifier has of its own', async () => {
    const classifier = await train();
    const source = serve(await classifier.files());
    await expectNoLeak(async () => {
      await expect(classifier.files({ scope: 'base' as 'all' })).rejects.toThrow(
        'scope: expected one of "all", "head", got "base"',
      );
      await expect(loadClassifier(source, { backbone })).rejects.toThrow(
        `backbone: expected none, as ${source.href} was saved with its own backbone, got "mini"`,
      );
      await expect(loadClassifier(source, { classes: ['a', 'b'] })).rejects.toThrow(
        'classes: expected none for a saved classifier, which has its own, got ["a", "b"]',
      );
      await expect(loadClassifier(source, { preprocessing: 'tf' })).rejects.toThrow(
        'preprocessing: expected none for a saved classifier',
      );
      await expect(loadClassifier(source, { inputSize: [32, 32] })).rejects.toThrow(
        'inputSize: expected none for a saved classifier',
      );
    });
    classifier.dispose();
  });

  it('refuse a head without a seam', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.globalAveragePooling2d({ inputShape: [8, 8, 3] }),
        tf.layers.dense({ units: 2, activation: 'softmax' }),
      ],
    });
    const options = { classes: ['a', 'b'], preprocessing: 'tf' } as const;
    const classifier = await loadClassifier(model, options);
    await expectNoLeak(async () => {
      await expect(classifier.files({ scope: 'head' })).rejects.toThrow('model: expected one that');
      expect(Object.keys(await classifier.files()).sort()).toEqual(NAMES);
    });
    classifier.dispose();
  });
});
