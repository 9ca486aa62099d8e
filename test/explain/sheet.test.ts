import * as tf from '@tensorflow/tfjs';
import { drawSheet, type Sheet } from '../../src/explain/sheet';
import { expectNoLeak } from '../setup/memory';

const GREY = 200;
const DIM = 70;

const known = new Map<string, Promise<Sheet>>();
/** Drawn once, as plain JavaScript is slow. */
const drawn = (...args: Parameters<typeof draw>): Promise<Sheet> => {
  const key = JSON.stringify(args);
  const sheet = known.get(key) ?? draw(...args);
  known.set(key, sheet);
  return sheet;
};

const draw = async (
  [height, width]: readonly [number, number],
  values: readonly (readonly number[])[],
  isLikeliest = true,
): Promise<Sheet> => {
  const whole = tf.fill<tf.Rank.R3>([height, width, 3], GREY);
  const map = tf.tensor2d(values.map((row) => [...row]));
  try {
    return await drawSheet(whole, map, [64, 64], isLikeliest);
  } finally {
    tf.dispose([whole, map]);
  }
};

const at = ({ pixels, width }: Sheet, x: number, y: number): number[] => [
  ...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];
const isInk = (colour: readonly number[]) => Math.max(...colour) < 40;
/** Columns of a row that are ink. */
const inkIn = (sheet: Sheet, y: number): number[] =>
  Array.from({ length: sheet.width }, (_, x) => x).filter((x) => isInk(at(sheet, x, y)));

describe('drawSheet', () => {
  it('colours the centre that the model sees, and dims the rest', async () => {
    await expectNoLeak(async () => {
      const sheet = await drawn([192, 256], [[-1, 1]]);
      expect(sheet.width).toBe(256);
      // Half of 200, 68, 1 and 84 or the last of viridis.
      expect(at(sheet, 36, 100)).toEqual([134, 100, 142]);
      expect(at(sheet, 219, 100)).toEqual([226, 216, 118]);
      for (const x of [0, 31, 224, 255]) expect(at(sheet, x, 100)).toEqual([DIM, DIM, DIM]);
      for (const x of [32, 223]) expect(at(sheet, x, 100)).not.toEqual([DIM, DIM, DIM]);
      const portrait = await drawn([256, 192], [[-1, 1]]);
      for (const y of [0, 31, 224, 255]) expect(at(portrait, 100, y)).toEqual([DIM, DIM, DIM]);
    });
  });

  it('has a scale below, with a tick at zero where evidence for and against meet', async () => {
    // At 256 pixels a dot is one pixel: the scale's rows are 196 to 202, and its tick begins two above.
    const sheet = await drawn([192, 256], [[-1, 3]]);
    const [tick, ...others] = inkIn(sheet, 194);
    expect(others).toEqual([]);
    // From 4 + 41 + 4 to 256 - 4 - 17 - 4, a quarter of the way.
    expect(Math.abs(tick! - (49 + (231 - 49) / 4))).toBeLessThanOrEqual(1);
    expect(at(sheet, 49, 199)).toEqual([68, 1, 84]);
    for (const values of [[[1, 2]], [[-2, -1]]]) {
      expect(inkIn(await drawn([192, 256], values), 194)).toEqual([]);
    }
  });

  it('has other words at ends that are on one side', async () => {
    const [both, positive, negative] = await Promise.all(
      [[[-1, 1]], [[1, 2]], [[-2, -1]]].map((values) => drawn([192, 256], values)),
    );
    const words = (sheet: Sheet | undefined) => [
      inkIn(sheet!, 199).filter((x) => x < 45),
      inkIn(sheet!, 199).filter((x) => x > 231),
    ];
    const [against, forIt] = words(both);
    const [less, stillFor] = words(positive);
    expect(less!.length).toBeGreaterThan(0);
    expect(less).not.toEqual(against);
    expect(stillFor).toEqual(forIt);
    expect(words(negative)[0]).toEqual(against);
    expect(words(negative)[1]).not.toEqual(forIt);
  });

  it('has one more line where another class is more probable', async () => {
    const [one, two] = [
      await drawn([192, 256], [[-1, 1]]),
      await drawn([192, 256], [[-1, 1]], false),
    ];
    expect(two.height).toBeGreaterThan(one.height);
    const below = (sheet: Sheet) =>
      Array.from({ length: sheet.height - 209 }, (_, y) => inkIn(sheet, 209 + y)).flat();
    expect(below(one)).toEqual([]);
    expect(below(two).length).toBeGreaterThan(100);
  });

  it('leaves the picture as it is where the map is constant', async () => {
    const sheet = await drawn([256, 256], [[2]]);
    expect([sheet.width, sheet.height]).toEqual([256, 256]);
    expect(new Set(sheet.pixels)).toEqual(new Set([GREY]));
  });

  it.each([
    [[1, 1], 256],
    [[32, 32], 256],
    [[20, 300], 300],
    [[300, 20], 200],
    [[2, 1024], 1024],
  ] as const)('fits a picture of %p', async (size, width) => {
    const sheet = await drawn(size, [[-1, 1]], false);
    expect(sheet.width).toBe(width);
    expect(sheet.pixels.length).toBe(sheet.width * sheet.height * 3);
  });
});
