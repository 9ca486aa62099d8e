import * as tf from '@tensorflow/tfjs';
import { digits } from '../../examples/demo/digits';

describe('digits', () => {
  it('are so many of each, as white strokes on black', () => {
    const pictures = digits(3, 2);
    expect(pictures.map(({ label }) => label).join('')).toBe('00112233445566778899');
    const [first, second] = pictures.map(({ picture }) => picture as tf.PixelData);
    expect(first).toMatchObject({ width: 28, height: 28 });
    expect(first!.data).not.toEqual(second!.data);
    const pixels = tf.browser.fromPixels(first!);
    const values = pixels.dataSync();
    expect([Math.min(...values), Math.max(...values)]).toEqual([0, 255]);
    pixels.dispose();
  });
});
