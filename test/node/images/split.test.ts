import fc from 'fast-check';
import { type LabelledFile, splitImages } from '../../../src/node/images';
import { messageOf } from '../../setup/memory';

/** Classes of so many pictures. */
const classesOf = (...counts: number[]): LabelledFile[] =>
  counts.flatMap((count, label) =>
    Array.from({ length: count }, (_, i) => ({ path: `data/${label}/${i}.png`, label })),
  );

const pathsOf = (images: readonly LabelledFile[]): string[] => images.map(({ path }) => path);

describe('splitImages', () => {
  const counts = fc
    .array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 6 })
    .filter((sizes) => sizes.some((size) => size > 1));
  const part = fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true });
  const seeds = fc.maxSafeInteger();

  it('puts every picture on one side, and of each class what was asked for', () => {
    fc.assert(
      fc.property(counts, part, seeds, (sizes, validation, seed) => {
        const images = classesOf(...sizes);
        const split = splitImages(images, { validation, seed });
        expect([...pathsOf(split.train), ...pathsOf(split.validation)].sort()).toEqual(
          pathsOf(images).sort(),
        );
        for (const [label, size] of sizes.entries()) {
          const held = split.validation.filter((image) => image.label === label).length;
          const wanted = Math.min(Math.max(Math.round(size * validation), 1), size - 1);
          expect(held).toBe(size < 2 ? 0 : wanted);
        }
      }),
    );
  });

  it('does not depend on the order of the list, nor on where the folder lies', () => {
    const shuffled = counts.chain((sizes) => {
      const images = classesOf(...sizes);
      const all = { minLength: images.length, maxLength: images.length };
      return fc.tuple(fc.constant(images), fc.shuffledSubarray(images, all));
    });
    fc.assert(
      fc.property(shuffled, part, seeds, ([images, others], validation, seed) => {
        const split = splitImages(images, { validation, seed });
        expect(splitImages(others, { validation, seed })).toEqual(split);
        const moved = others.map(({ path, label }) => ({ path: `/elsewhere/${path}`, label }));
        const there = splitImages(moved, { validation, seed });
        expect(pathsOf(there.train)).toEqual(
          pathsOf(split.train).map((path) => `/elsewhere/${path}`),
        );
      }),
    );
  });

  it('does not split a class otherwise where another one grows', () => {
    const inFirst = (split: { validation: readonly LabelledFile[] }) =>
      pathsOf(split.validation.filter(({ label }) => label === 0));
    const small = splitImages(classesOf(20, 5), { validation: 0.3 });
    const large = splitImages(classesOf(20, 50, 3), { validation: 0.3 });
    expect(inFirst(large)).toEqual(inFirst(small));
  });

  it('keeps its splits from one release to the next', () => {
    const { train, validation } = splitImages(classesOf(6, 4, 1), { validation: 0.34 });
    expect(pathsOf(validation)).toMatchInlineSnapshot(`
     [
       "data/0/1.png",
       "data/0/2.png",
       "data/1/0.png",
     ]
    `);
    expect(pathsOf(train)).toHaveLength(11 - validation.length);
  });

  it('draws each picture as often as another', () => {
    const held = new Array<number>(10).fill(0);
    const images = classesOf(10);
    for (let seed = 0; seed < 2000; seed++) {
      for (const image of splitImages(images, { validation: 0.3, seed }).validation) {
        held[images.indexOf(image)]!++;
      }
    }
    // 600 each, by a standard deviation of 20.
    expect(Math.min(...held)).toBeGreaterThan(500);
    expect(Math.max(...held)).toBeLessThan(700);
  });

  it('gives the very pictures it was given, and leaves the list as it was', () => {
    const images = classesOf(3, 3).reverse();
    const before = [...images];
    const { train, validation } = splitImages(images, { validation: 0.5 });
    expect(images).toEqual(before);
    for (const image of [...train, ...validation]) expect(images).toContain(image);
    expect(pathsOf(train)).toEqual(pathsOf(train).sort());
  });

  it.each<[string, () => unknown, string]>([
    [
      'nothing',
      () => splitImages([], { validation: 0.2 }),
      'images: expected one picture or more, got []; readImageFolder() gives them',
    ],
    [
      'no list',
      () => splitImages('a' as never, { validation: 0.2 }),
      'images: expected a list of { path, label }, got "a"; readImageFolder() gives one',
    ],
    [
      'no path',
      () => splitImages([{ label: 1 } as never], { validation: 0.2 }),
      'images: expected a path for each, got undefined',
    ],
    [
      'no label',
      () => splitImages([{ path: 'a' } as never], { validation: 0.2 }),
      'images: expected an integer label for each, got undefined',
    ],
    [
      'no options',
      () => splitImages(classesOf(2), undefined as never),
      'options: expected an options object, got undefined',
    ],
    [
      'no part',
      () => splitImages(classesOf(2), {} as never),
      'validation: expected a number above 0 and below 1, got undefined; try 0.2',
    ],
    [
      'all of it',
      () => splitImages(classesOf(2), { validation: 1 }),
      'validation: expected a number above 0 and below 1, got 1; try 0.2',
    ],
    [
      'NaN',
      () => splitImages(classesOf(2), { validation: NaN }),
      'validation: expected a number above 0 and below 1, got NaN; try 0.2',
    ],
    [
      'half a seed',
      () => splitImages(classesOf(2), { validation: 0.2, seed: 0.5 }),
      'seed: expected an integer, got 0.5',
    ],
    [
      'classes of one',
      () => splitImages(classesOf(1, 1), { validation: 0.2 }),
      'images: expected a class of two or more pictures, got 2 classes of one',
    ],
  ])('rejects %s', (_, attempt, message) => {
    expect(messageOf(attempt)).toBe(`ArgumentError: ${message}`);
  });
});
