import fc from 'fast-check';
import { splitByClass } from '../../src/pictures/split';
import type { LabelledFile } from '../../src/pictures/types';
import { messageOf } from '../setup/memory';

/** Classes of so many pictures. */
const classesOf = (...counts: number[]): LabelledFile[] =>
  counts.flatMap((count, label) =>
    Array.from({ length: count }, (_, i) => ({ path: `data/${label}/${i}.png`, label })),
  );

const pathsOf = (images: readonly LabelledFile[]): string[] => images.map(({ path }) => path);

describe('splitByClass', () => {
  const counts = fc
    .array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 6 })
    .filter((sizes) => sizes.some((size) => size > 1));
  const part = fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true });
  const seeds = fc.maxSafeInteger();

  it('puts every picture on one side, and of each class what was asked for', () => {
    fc.assert(
      fc.property(counts, part, seeds, (sizes, validation, seed) => {
        const images = classesOf(...sizes);
        const split = splitByClass(images, { validation, seed });
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

  it('depends on how many there are of each class, and on nothing else of the list', () => {
    const orders = counts.chain((sizes) => {
      const labels = classesOf(...sizes).map(({ label }) => label);
      const all = { minLength: labels.length, maxLength: labels.length };
      return fc.tuple(fc.constant(sizes), fc.shuffledSubarray(labels, all));
    });
    fc.assert(
      fc.property(orders, part, seeds, ([sizes, labels], validation, seed) => {
        const split = splitByClass(classesOf(...sizes), { validation, seed });
        // The same pictures of each class in the same order, with the classes mixed.
        const next = sizes.map(() => 0);
        const mixed = labels.map((label) => ({
          path: `data/${label}/${next[label]!++}.png`,
          label,
        }));
        expect(splitByClass(mixed, { validation, seed })).toEqual(split);
        const moved = mixed.map(({ path, label }) => ({ path: `/elsewhere/${path}`, label }));
        expect(pathsOf(splitByClass(moved, { validation, seed }).train)).toEqual(
          pathsOf(split.train).map((path) => `/elsewhere/${path}`),
        );
      }),
    );
  });

  it('does not split a class otherwise where another one grows', () => {
    const inFirst = (split: { validation: readonly LabelledFile[] }) =>
      pathsOf(split.validation.filter(({ label }) => label === 0));
    const small = splitByClass(classesOf(20, 5), { validation: 0.3 });
    const large = splitByClass(classesOf(20, 50, 3), { validation: 0.3 });
    expect(inFirst(large)).toEqual(inFirst(small));
  });

  it('keeps its splits from one release to the next', () => {
    const { train, validation } = splitByClass(classesOf(6, 4, 1), { validation: 0.34 });
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
      for (const image of splitByClass(images, { validation: 0.3, seed }).validation) {
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
    const { train, validation } = splitByClass(images, { validation: 0.5 });
    expect(images).toEqual(before);
    for (const image of [...train, ...validation]) expect(images).toContain(image);
    // By class, and in each as they stand in the list.
    for (const side of [train, validation]) {
      const inOrder = [0, 1].flatMap((label) =>
        before.filter((image) => image.label === label && side.includes(image)),
      );
      expect(side).toEqual(inOrder);
    }
  });

  it.each<[string, () => unknown, string]>([
    [
      'no part',
      () => splitByClass(classesOf(2), {} as never),
      'validation: expected a number above 0 and below 1, got undefined; try 0.2',
    ],
    [
      'all of it',
      () => splitByClass(classesOf(2), { validation: 1 }),
      'validation: expected a number above 0 and below 1, got 1; try 0.2',
    ],
    [
      'NaN',
      () => splitByClass(classesOf(2), { validation: NaN }),
      'validation: expected a number above 0 and below 1, got NaN; try 0.2',
    ],
    [
      'half a seed',
      () => splitByClass(classesOf(2), { validation: 0.2, seed: 0.5 }),
      'seed: expected an integer, got 0.5',
    ],
    [
      'classes with one each',
      () => splitByClass(classesOf(1, 1), { validation: 0.2 }),
      'pictures: expected a class with two or more pictures to hold some out, got 2 classes with one each',
    ],
  ])('rejects %s', (_, attempt, message) => {
    expect(messageOf(attempt)).toBe(`ArgumentError: ${message}`);
  });
});
