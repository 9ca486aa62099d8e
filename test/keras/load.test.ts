import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { loadBackbone, loadClassifier, trainClassifier } from 'resnet-heads';
import { expectNoLeak } from '../setup/memory';
import { answers, FOLDER, goldens } from './goldens';

const path = (name: string): string => join(FOLDER, `${name}.keras`);
const CLASSES = ['a', 'b', 'c'];

let server: Server;
let host: string;
beforeAll(async () => {
  server = createServer(({ url = '/' }, response) => {
    response.writeHead(200).end(readFileSync(join(FOLDER, url)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('loadClassifier of a model that Keras 3 saved', () => {
  it.each([
    ['its path', () => path('guide')],
    ['its address', () => `${host}/guide.keras`],
  ])('by %s answers as Keras does', async (_, source) => {
    const classifier = await loadClassifier(source(), { classes: CLASSES, preprocessing: 'none' });
    const { inputShape = [], outputs: [expected = []] = [] } = goldens['guide'] ?? {};
    const [got = []] = answers(classifier.model, inputShape);
    const largest = Math.max(...expected.map(Math.abs));
    expect(Math.max(...expected.map((each, i) => Math.abs(each - (got[i] ?? NaN))))).toBeLessThan(
      1e-5 * largest,
    );
    const picture = tf.fill<tf.Rank.R3>([40, 40, 3], 128, 'int32');
    const named = await classifier.classify(picture);
    expect(named.map(({ className }) => className).sort()).toEqual(CLASSES);
    picture.dispose();
    classifier.dispose();
  });

  it('asks for the names of the classes before it reads anything', async () => {
    await expectNoLeak(() =>
      expect(loadClassifier(path('none'), { preprocessing: 'none' })).rejects.toThrow(/^classes: /),
    );
  });

  it('leaves nothing behind where the classes are of another number', async () => {
    await expectNoLeak(() =>
      expect(
        loadClassifier(path('guide'), { classes: ['a', 'b'], preprocessing: 'none' }),
      ).rejects.toThrow(/a name for each of 3 scores/),
    );
  });
});

describe('loadBackbone of a model that Keras 3 saved', () => {
  it('takes one without its top, which a head is then trained on', async () => {
    const backbone = await loadBackbone(path('preactivated'), { preprocessing: 'tf' });
    const pictures = Array.from({ length: 8 }, (_, i) => ({
      picture: tf.fill<tf.Rank.R3>([40, 40, 3], i % 2 === 0 ? 20 + i : 220 + i, 'int32'),
      label: i % 2 === 0 ? 'dark' : 'light',
    }));
    const classifier = await trainClassifier(backbone, pictures, { epochs: 2 });
    expect(classifier.history).toHaveLength(2);
    classifier.dispose();
    backbone.dispose();
    tf.dispose(pictures.map(({ picture }) => picture));
  });

  it('refuses one with its top, and leaves nothing behind', async () => {
    await expectNoLeak(() =>
      expect(loadBackbone(path('guide'), { preprocessing: 'none' })).rejects.toThrow(
        /^backbone: expected a feature map/,
      ),
    );
  });
});
