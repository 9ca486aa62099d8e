import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { overlay } from '../../src/explain/overlay';
import { expectNoLeak, messageOf } from '../setup/memory';

const grey = (height: number, width: number): tf.Tensor3D =>
  tf.fill<tf.Rank.R3>([height, width, 3], 100);

describe('overlay', () => {
  it('colours the least dark blue and the greatest yellow, whatever the range', async () => {
    await expectNoLeak(() => {
      const [map, picture] = [tf.tensor2d([[-7, 3]]), grey(1, 2)];
      const full = overlay(map, picture, { opacity: 1 });
      expect(full.dtype).toBe('int32');
      expect([...full.dataSync()]).toEqual([68, 1, 84, 253, 231, 37]);
      const quarter = overlay(map, picture, { opacity: 0.25 });
      expect([...quarter.dataSync()]).toEqual([92, 75, 96, 138, 133, 84]);
      const none = overlay(map, picture, { opacity: 0 });
      expect([...none.dataSync()]).toEqual([100, 100, 100, 100, 100, 100]);
      tf.dispose([map, picture, full, quarter, none]);
    });
  });

  it('takes the colours in between from viridis', async () => {
    await expectNoLeak(() => {
      // 128 of 255, by Matplotlib.
      const [map, picture] = [tf.tensor2d([[0, 128, 255]]), grey(1, 3)];
      const drawn = overlay(map, picture, { opacity: 1 });
      const middle = [...drawn.dataSync()].slice(3, 6);
      for (const [i, value] of [0.127568, 0.566949, 0.550556].entries()) {
        expect(Math.abs(middle[i]! - value * 255)).toBeLessThan(2);
      }
      tf.dispose([map, picture, drawn]);
    });
  });

  it('grows lighter as the map grows, bilinearly between its positions', async () => {
    await expectNoLeak(() => {
      const [map, picture] = [tf.tensor2d([[0, 1]]), grey(1, 64)];
      const drawn = overlay(map, picture, { opacity: 1 });
      const lightness = tf.tidy(() => drawn.mul(tf.tensor1d([0.2126, 0.7152, 0.0722])).sum(-1));
      const values = [...lightness.dataSync()];
      expect(values).toEqual([...values].sort((a, b) => a - b));
      // A quarter of the width is one position's centre; beyond it nothing changes.
      expect(new Set(values.slice(0, 16)).size).toBe(1);
      expect(new Set(values.slice(17, 47)).size).toBeGreaterThan(20);
      tf.dispose([map, picture, drawn]);
      lightness.dispose();
    });
  });

  it('leaves the picture bare where the map is the same everywhere', async () => {
    await expectNoLeak(() => {
      for (const value of [0, 0.1, -300]) {
        const [map, picture] = [tf.fill<tf.Rank.R2>([7, 7], value), grey(3, 3)];
        const drawn = overlay(map, picture);
        expect(new Set(drawn.dataSync())).toEqual(new Set([100]));
        tf.dispose([map, picture, drawn]);
      }
    });
  });

  it('stays between 0 and 255 for any map', () => {
    const size = fc.integer({ min: 1, max: 5 });
    const value = fc.float({ noNaN: true, min: -1000, max: 1000 });
    fc.assert(
      fc.property(
        size,
        size,
        fc.array(value, { minLength: 25, maxLength: 25 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (h, w, values, opacity) => {
          const map = tf.tensor2d(values.slice(0, h * w), [h, w]);
          const picture = tf.tensor3d([0, 0, 0, 255, 255, 255], [1, 2, 3], 'int32');
          const drawn = overlay(map, picture, { opacity });
          expect(drawn.shape).toEqual([1, 2, 3]);
          const pixels = [...drawn.dataSync()];
          tf.dispose([map, picture, drawn]);
          return pixels.every((pixel) => pixel >= 0 && pixel <= 255);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('says what does not fit', async () => {
    await expectNoLeak(() => {
      const [map, picture] = [tf.zeros<tf.Rank.R2>([2, 2]), grey(2, 2)];
      expect(messageOf(() => overlay(map, picture, { opacity: 2 }))).toBe(
        'ArgumentError: opacity: expected a number from 0 to 1, got 2',
      );
      expect(messageOf(() => overlay(picture as never, picture))).toBe(
        'ArgumentError: map: expected the shape [h, w], got [2, 2, 3]; pass the .values of an activation map',
      );
      expect(messageOf(() => overlay(map, map as never))).toBe(
        'ArgumentError: picture: expected the shape [height, width, 3], got [2, 2]; pass one RGB picture',
      );
      tf.dispose([map, picture]);
    });
  });
});
