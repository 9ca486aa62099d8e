import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import { type Classifier, loadClassifier, type Picture } from 'resnet-heads';
import { expectNoLeak } from '../setup/memory';
import { miniClassifier } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';

let folder: string;
let classifier: Classifier;
const at = (...names: string[]) => join(folder, ...names);
const PICTURE = 'dark/0.png';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-classify-'));
  await drawPictures(folder, 2);
  writeFileSync(at('broken.png'), 'no picture');
  const known = { classes: ['dark', 'light'], preprocessing: 'caffe' } as const;
  classifier = await loadClassifier(miniClassifier('v1', 2, 1), known);
});
afterAll(() => {
  classifier.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe('a picture in a file', () => {
  it('is the same by its path, its address and its bytes, and as a tensor at the model’s size', async () => {
    const path = at(PICTURE);
    const pixels = await sharp(path).resize(32, 32).removeAlpha().raw().toBuffer();
    const tensor = tf.tensor3d(Uint8Array.from(pixels), [32, 32, 3], 'int32');
    const expected = await classifier.classify(tensor);
    expect(expected.map(({ className }) => className).sort()).toEqual(['dark', 'light']);
    tensor.dispose();
    const url = pathToFileURL(path);
    await expectNoLeak(async () => {
      const bytes = readFileSync(path);
      const ways: Picture[] = [path, url, url.href, bytes, Uint8Array.from(bytes)];
      for (const picture of ways) expect(await classifier.classify(picture)).toEqual(expected);
      expect(await classifier.classify(ways)).toEqual(ways.map(() => expected));
      expect(await classifier.classify([])).toEqual([]);
    });
  });

  it('that is broken ends it, and says which one it was', async () => {
    await expectNoLeak(async () => {
      for (const [picture, message] of [
        [at('broken.png'), `${at('broken.png')}: expected a picture that can be decoded, got `],
        [pathToFileURL(at('broken.png')), `${at('broken.png')}: expected a picture`],
        [
          at('none.png'),
          `${at('none.png')}: expected a picture that can be decoded, got no such file`,
        ],
        [Uint8Array.of(1, 2, 3), 'expected a picture that can be decoded'],
      ] as const) {
        for (const one of [picture, [at(PICTURE), picture]]) {
          await expect(classifier.classify(one as Picture)).rejects.toMatchObject({
            name: 'PictureError',
            message: expect.stringContaining(message) as string,
          });
        }
        await expect(classifier.explain(picture)).rejects.toThrow(message);
      }
    });
  });

  it.each<[unknown]>([[5], [null], [undefined], [{}], [''], [new URL('http://localhost/a.png')]])(
    'is not %p',
    async (wrong) => {
      await expectNoLeak(async () => {
        const error: unknown = await classifier
          .classify(wrong as Picture)
          .catch((reason: unknown) => reason);
        expect((error as Error).name).toMatch(/^(Argument|Picture)Error$/);
      });
    },
  );
});

describe('explain', () => {
  it('writes the picture where it is told to, in the format that it says, enlarged if it is small', async () => {
    for (const [name, format] of [
      ['seen.png', 'png'],
      ['seen.JPG', 'jpeg'],
      ['seen.webp', 'webp'],
    ] as const) {
      const map = await classifier.explain(at(PICTURE), { className: 'light', out: at(name) });
      expect(map).toMatchObject({ className: 'light', probability: expect.any(Number) as number });
      expect(map.overlay.shape).toEqual([32, 32, 3]);
      const written = await sharp(at(name)).metadata();
      expect(written).toMatchObject({ width: 280, format });
      expect(written.height).toBeGreaterThan(0);
      tf.dispose([map.values, map.overlay]);
    }
  });

  it('writes nothing, and leaves no tensor, where something is wrong', async () => {
    const names = readdirSync(folder);
    await expectNoLeak(async () => {
      for (const [options, message] of [
        [{ out: at('seen.gif') }, /ends in \.png/],
        [{ out: at('none/seen.png') }, /expected a file that can be written, got ENOENT/],
        [{ out: at('dark') }, /ends in \.png/],
        [
          { out: at('new.png'), className: 'grey' },
          /^className: expected one of "dark" and "light", got "grey"/,
        ],
      ] as const) {
        await expect(classifier.explain(at(PICTURE), options)).rejects.toThrow(message);
      }
      await expect(classifier.explain(at('broken.png'), { out: at('new.png') })).rejects.toThrow(
        'broken.png: expected a picture',
      );
    });
    expect(readdirSync(folder)).toEqual(names);
    expect(existsSync(at('new.png'))).toBe(false);
  });

  it('replaces what it wrote, and no other picture', async () => {
    const explain = async (out: string, picture: Picture = at(PICTURE)) => {
      const map = await classifier.explain(picture, { out });
      tf.dispose([map.values, map.overlay]);
    };
    await expectNoLeak(async () => {
      for (const extension of ['png', 'jpg', 'webp']) {
        const own = at(`own.${extension}`);
        await explain(own);
        await explain(own, at('light/0.png'));
        await expect(explain(own, own)).rejects.toThrow('a file other than the picture');
        const foreign = at(`foreign.${extension}`);
        await sharp(at(PICTURE)).withMetadata().toFile(foreign);
        const before = readFileSync(foreign);
        await expect(explain(foreign)).rejects.toThrow(
          'expected a new file, or a picture of explain() that resnet-heads wrote, got "another file"',
        );
        expect(readFileSync(foreign).equals(before)).toBe(true);
      }
      const before = readFileSync(at(PICTURE));
      const url = pathToFileURL(at(PICTURE));
      for (const picture of [at(PICTURE), at('dark', '..', PICTURE), url, url.href]) {
        await expect(explain(at(PICTURE), picture)).rejects.toThrow(
          'out: expected a file other than the picture',
        );
      }
      expect(readFileSync(at(PICTURE)).equals(before)).toBe(true);
    });
  });
});
