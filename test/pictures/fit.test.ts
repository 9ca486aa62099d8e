import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { fitImages, toPixels } from '../../src/pictures/fit';
import { expectNoLeak, messageOf } from '../setup/memory';

/** An image whose red is its column, green its row. */
const ramp = (height: number, width: number) =>
  tf.tidy(() => {
    const rows = tf.range(0, height).reshape([height, 1]).tile([1, width]);
    const columns = tf.range(0, width).reshape([1, width]).tile([height, 1]);
    return tf.stack([columns, rows, tf.zeros([height, width])], 2) as tf.Tensor3D;
  });

describe('fitImages', () => {
  it('gives an image of the size itself as numbers', async () => {
    await expectNoLeak(() => {
      const images = tf.tensor4d([1, 2, 3], [1, 1, 1, 3], 'int32');
      const fitted = fitImages(images, [1, 1]);
      expect([fitted.dtype, ...fitted.dataSync()]).toEqual(['float32', 1, 2, 3]);
      tf.dispose([images, fitted]);
    });
  });

  it.each([
    // Twice as wide as high: its middle, columns 2 to 5.
    [
      [4, 8],
      [4, 4],
      [2, 5],
      [0, 3],
    ],
    // Twice as high as wide: rows 2 to 5.
    [
      [8, 4],
      [4, 4],
      [0, 3],
      [2, 5],
    ],
    // Halved: pairs are averaged.
    [
      [8, 8],
      [4, 4],
      [0.5, 6.5],
      [0.5, 6.5],
    ],
    // A wide input of a square: the rows in the middle.
    [
      [8, 8],
      [4, 8],
      [0, 7],
      [2, 5],
    ],
    // Doubled: half-pixel centres, and the edge repeated.
    [
      [2, 2],
      [4, 4],
      [0, 1],
      [0, 1],
    ],
  ] as const)('cuts the middle of %j for %j', async ([h, w], size, columns, rows) => {
    await expectNoLeak(() => {
      const image = ramp(h, w);
      const fitted = tf.tidy(() => fitImages(image.expandDims<tf.Tensor4D>(0), size));
      expect(fitted.shape).toEqual([1, ...size, 3]);
      const [least, most] = [fitted.min([0, 1, 2]), fitted.max([0, 1, 2])];
      expect(least.dataSync()).toBeAllclose([columns[0], rows[0], 0], 1e-5);
      expect(most.dataSync()).toBeAllclose([columns[1], rows[1], 0], 1e-5);
      tf.dispose([image, fitted, least, most]);
    });
  });

  it('has the size that is asked for and no number that the image hasn’t, whatever the sizes are', () => {
    const side = fc.integer({ min: 1, max: 24 });
    fc.assert(
      fc.property(side, side, side, side, (h, w, height, width) => {
        tf.tidy(() => {
          const image = ramp(h, w);
          const fitted = fitImages(image.expandDims<tf.Tensor4D>(0), [height, width]);
          expect(fitted.shape).toEqual([1, height, width, 3]);
          const slack = 1e-3;
          const [[least], [most]] = [fitted.min().dataSync(), fitted.max().dataSync()];
          expect(least).toBeGreaterThanOrEqual(-slack);
          expect(most).toBeLessThanOrEqual(Math.max(h, w) - 1 + slack);
        });
      }),
      { numRuns: 200 },
    );
  });
});

describe('toPixels', () => {
  it('refuses what has no three channels, and what is no picture', async () => {
    await expectNoLeak(() => {
      for (const shape of [
        [2, 2, 4],
        [2, 2, 1],
        [1, 2, 2, 3],
        [2, 2],
      ]) {
        const tensor = tf.zeros<tf.Rank.R3>(shape as [number, number, number]);
        expect(messageOf(() => toPixels(tensor))).toBe(
          `ArgumentError: picture: expected a tensor [height, width, 3], got [${shape.join(', ')}]; remove the alpha channel or the batch dimension`,
        );
        tensor.dispose();
      }
      for (const nothing of [undefined, null, 7, {}, []]) {
        expect(messageOf(() => toPixels(nothing as never))).toMatch(
          /^ArgumentError: picture: expected an image, a canvas, a video, a Blob or a tensor \[height, width, 3\], got /,
        );
      }
    });
  });
});
