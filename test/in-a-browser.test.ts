import * as tf from '@tensorflow/tfjs';
import * as page from 'resnet-heads';
import { colouredPictures } from './setup/coloured-pictures';
import { expectNoLeak } from './setup/memory';
import { miniResnet } from './setup/mini-resnet';

// The entry for browsers in place of Node's: nobody provides what only Node can do.
jest.mock<typeof page>('resnet-heads', () => jest.requireActual('../src/index'));

let backbone: page.Backbone;
let classifier: page.Classifier;
let pictures: ReturnType<typeof colouredPictures>;
beforeAll(async () => {
  backbone = await page.loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
  pictures = colouredPictures(2);
  classifier = await page.trainClassifier(backbone, pictures, { epochs: 1 });
});
afterAll(() => {
  classifier.dispose();
  backbone.dispose();
  tf.dispose(pictures.map(({ picture }) => picture));
});

describe('in a browser', () => {
  it('classifiers are trained, measured, fine-tuned and turned into files', async () => {
    await expectNoLeak(async () => {
      const own = await page.trainClassifier(backbone, pictures, { epochs: 1 });
      await own.fineTune(pictures, { epochs: 1 });
      expect((await own.evaluate(pictures)).total).toBe(6);
      const { values, overlay } = await own.explain(pictures[0]!.picture);
      tf.dispose([values, overlay]);
      const names = ['metadata.json', 'model.json', 'weights.bin'];
      expect(Object.keys(await own.files()).sort()).toEqual(names);
      expect(await page.exportOnnx(own)).toBeInstanceOf(Uint8Array);
      own.dispose();
    });
  });

  const paths = () => pictures.map(({ label }, i) => ({ picture: `${i}.jpg`, label }));
  /** Or that they are read there. */
  const IN_NODE = /paths are read (and written )?in Node only$/;

  it.each<[string, () => Promise<unknown>, string, RegExp?]>([
    ['pictures of a folder', () => page.trainClassifier(backbone, 'photos'), 'pictures'],
    ['pictures of a list of paths', () => page.trainClassifier(backbone, paths()), 'pictures'],
    ['features of a folder', () => page.extractFeatures(backbone, 'photos'), 'pictures'],
    [
      'a folder to compare heads on',
      () => page.compareHeads(backbone, ['pooled'], { pictures: 'photos' }),
      'pictures',
    ],
    [
      'a folder to validate on',
      () => page.trainClassifier(backbone, pictures, { validation: 'photos/val' }),
      'pictures',
    ],
    ['a folder to evaluate on', () => classifier.evaluate('photos'), 'pictures'],
    ['a folder to fine-tune on', () => classifier.fineTune('photos'), 'pictures'],
    [
      'a folder to shift the pictures of',
      () => page.translationRobustness(classifier, 'photos'),
      'pictures',
    ],
    ['the path of a picture', () => classifier.classify('cat.jpg'), 'picture'],
    ['the bytes of a picture', () => classifier.classify(new Uint8Array(8)), 'picture'],
    ['the path of a picture to explain', () => classifier.explain('cat.jpg'), 'picture'],
    [
      'a file to draw to',
      () => classifier.explain(pictures[0]!.picture, { out: 'map.png' }),
      'out',
    ],
    ['to save to a folder', () => classifier.save('folder'), 'folder'],
    [
      'a folder to train to',
      () => page.trainClassifier(backbone, pictures, { out: 'folder' }),
      'out',
    ],
    ['to export to a file', () => page.exportOnnx(classifier, 'model.onnx'), 'file'],
    ['to export to a folder', () => page.exportSavedModel(classifier, 'folder'), 'folder'],
    ['a classifier’s folder', () => page.loadClassifier('file:///classifier'), 'source'],
    [
      'a model’s folder',
      () => page.loadBackbone('file:///mobilenet', { preprocessing: 'tf' }),
      'source',
    ],
    [
      'a weight file',
      () => page.loadBackbone('file:///resnet.h5', { preprocessing: 'tf' }),
      'source',
    ],
    [
      'a weight file for a model',
      () => page.loadWeights(backbone.model, 'file:///resnet.h5'),
      'source',
    ],
    ['tfjs-node', () => page.loadTfjsNode(), 'loadTfjsNode', /a browser/],
    ['webgpu of Node', () => page.loadWebgpu(), 'loadWebgpu', /a browser/],
  ])('%s is refused', async (_, call, subject, said = IN_NODE) => {
    await expectNoLeak(async () => {
      const error = (await call().then(
        () => new Error('nothing was refused'),
        (reason: unknown) => reason,
      )) as Error;
      expect(error.message).toMatch(said);
      expect(error.message).toMatch(new RegExp(`^${subject}: expected `));
      expect(error.name).toBe('ArgumentError');
    });
  });

  it('the fastest backend is one of those that are there', async () => {
    const before = tf.getBackend();
    expect(['wasm', 'cpu']).toContain(await page.useFastestBackend());
    await tf.setBackend(before);
  });
});
