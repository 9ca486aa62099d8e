import * as tf from '@tensorflow/tfjs';
import { imagesOfViews } from '../../src/pictures/view-images';
import { type View, viewPixels, VIEWS } from '../../src/pictures/view-pixels';
import { imagesPerPicture, requireViews, VIEW_COUNTS } from '../../src/pictures/views';
import { expectNoLeak, messageOf } from '../setup/memory';

/** A picture of grey pixels: its red values say which is where. */
const grey = (...values: readonly number[]) =>
  Uint8Array.from(values.flatMap((value) => [value, value + 1, value + 2]));
const red = (pixels: Uint8Array) => [...pixels].filter((_, i) => i % 3 === 0);

const SAME: View = { matrix: [1, 0, 0, 1], offset: [0, 0], gain: 1 };

describe('viewPixels', () => {
  // Rows of 10, 20, 30 and 40, 50, 60.
  const picture = grey(10, 20, 30, 40, 50, 60);
  const view = (of: Partial<View>) => viewPixels(picture, [2, 3], { ...SAME, ...of });

  it('mirrors left and right, all channels alike', () => {
    expect(view(VIEWS.mirror[0]!)).toEqual(grey(30, 20, 10, 60, 50, 40));
  });

  it('samples to the right and below of an offset, and repeats the edge', () => {
    expect(red(view({ offset: [1 / 3, 0] }))).toEqual([20, 30, 30, 50, 60, 60]);
    expect(red(view({ offset: [0, 1 / 2] }))).toEqual([40, 50, 60, 40, 50, 60]);
    expect(red(view({ offset: [-1, 0] }))).toEqual([10, 10, 10, 40, 40, 40]);
  });

  it('interpolates between pixels', () => {
    expect(red(view({ offset: [1 / 6, 0] }))).toEqual([15, 25, 30, 45, 55, 60]);
    expect(red(view({ offset: [0, 1 / 4] }))).toEqual([25, 35, 45, 40, 50, 60]);
  });

  it('turns a square by a quarter', () => {
    const square = grey(10, 20, 30, 40);
    expect(red(viewPixels(square, [2, 2], { ...SAME, matrix: [0, 1, -1, 0] }))).toEqual([
      ...[30, 10],
      ...[40, 20],
    ]);
  });

  it('rounds brightness and keeps it within 255', () => {
    const bright = Uint8Array.of(0, 3, 250);
    expect([...viewPixels(bright, [1, 1], { ...SAME, gain: 1.25 })]).toEqual([0, 4, 255]);
    expect([...viewPixels(bright, [1, 1], { ...SAME, gain: 0.8 })]).toEqual([0, 2, 200]);
  });

  it('takes fractions, as resized tensors have them', () => {
    expect([...viewPixels(Float32Array.of(1.4, 1.6, 255), [1, 1], SAME)]).toEqual([1, 2, 255]);
  });

  it.each(Object.entries(VIEWS).filter(([name]) => name !== 'brightness'))(
    '%s leaves a picture of one colour as it is',
    (_, views) => {
      const plain = new Uint8Array(7 * 5 * 3).fill(77);
      for (const each of views) expect(viewPixels(plain, [7, 5], each)).toEqual(plain);
    },
  );

  it.each(Object.entries(VIEWS))('%s: each picture of a batch as if it were alone', (_, views) => {
    const size = [6, 4] as const;
    const one = (seed: number) => Uint8Array.from({ length: 72 }, (_, i) => (i * seed) % 256);
    for (const each of views) {
      const both = viewPixels(Uint8Array.from([...one(37), ...one(91)]), size, each);
      expect([...both]).toEqual([
        ...viewPixels(one(37), size, each),
        ...viewPixels(one(91), size, each),
      ]);
      expect(both).not.toEqual(Uint8Array.from([...one(37), ...one(91)]));
    }
  });

  it('crops the corners', () => {
    // 16 × 16 pixels: a ramp to the right, and 7/8 of it.
    const ramp = grey(...Array.from({ length: 256 }, (_, i) => 10 * (i % 16)));
    const [left, right] = [VIEWS.crop[0]!, VIEWS.crop[1]!].map((each) =>
      red(viewPixels(ramp, [16, 16], each)).slice(0, 16),
    );
    expect(left!.at(0)).toBe(0);
    // The last sample lies in the middle of 14 pixels' last 7/8: at 14 − 1/2 − 7/16.
    expect(left!.at(-1)).toBe(131);
    expect(right!.at(0)).toBe(19);
    expect(right!.at(-1)).toBe(150);
  });
});

describe('the kinds of views', () => {
  it('have these numbers', () => {
    const counts = Object.entries(VIEWS).map(([name, views]) => [name, views.length]);
    expect(Object.fromEntries(counts)).toEqual({ ...VIEW_COUNTS, right: 1 });
    expect(VIEW_COUNTS).toEqual({ mirror: 1, crop: 4, shift: 4, rotation: 2, brightness: 2 });
    expect(imagesPerPicture(undefined)).toBe(1);
    expect(imagesPerPicture([])).toBe(1);
    expect(imagesPerPicture(['mirror', 'rotation'])).toBe(4);
  });

  it.each([
    [['mirror', 'flip'], '["mirror", "flip"]'],
    [['crop', 'mirror', 'crop'], '["crop", "mirror", "crop"]'],
    ['mirror', '"mirror"'],
    [null, 'null'],
    [['toString'], '["toString"]'],
  ])('are not %j', (names, got) => {
    expect(messageOf(() => requireViews(names))).toBe(
      `ArgumentError: views: expected a list of "mirror", "crop", "shift", "rotation" and "brightness", each once, got ${got}`,
    );
  });
});

describe('imagesOfViews', () => {
  it('yields the picture first, and its views of whole numbers', async () => {
    await expectNoLeak(async () => {
      const pixels = tf.tensor4d([1.5, 2, 3, 4, 5, 6], [1, 1, 2, 3]);
      const found: number[][] = [];
      for await (const images of imagesOfViews(pixels, ['mirror', 'brightness'], 'none')) {
        found.push([...images.dataSync()]);
        expect(images.shape).toEqual(pixels.shape);
        images.dispose();
      }
      expect(found).toEqual([
        [1.5, 2, 3, 4, 5, 6],
        [4, 5, 6, 2, 2, 3],
        [1, 2, 2, 3, 4, 5],
        [2, 2, 4, 5, 6, 8],
      ]);
      pixels.dispose();
    });
  });
});
