import { findSuspicious } from '../../src/explain/suspicious';

/** Judges pictures that are given as their label and their probabilities. */
const find = (...pictures: readonly (readonly [number, ...number[]])[]) =>
  findSuspicious({
    probabilities: Float32Array.from(pictures.flatMap(([, ...own]) => own)),
    labels: Int32Array.from(pictures, ([label]) => label),
    classes: pictures[0]!.length - 1,
  });

describe('findSuspicious', () => {
  it('returns as many of a label as count for other classes, the least probable first', () => {
    // Thresholds: (0.9 + 0.8 + 0.3 + 0.1) / 4 = 0.525 and (0.9 + 0.7 + 0.2) / 3 = 0.6.
    const found = find(
      ...([
        [0, 0.9, 0.1],
        [0, 0.8, 0.2],
        [0, 0.3, 0.7],
        [0, 0.1, 0.9],
      ] as const),
      ...([
        [1, 0.1, 0.9],
        [1, 0.3, 0.7],
        [1, 0.8, 0.2],
      ] as const),
    );
    expect(found.map(({ index, label, suggested }) => [index, label, suggested])).toEqual([
      [3, 0, 1],
      [6, 1, 0],
      [2, 0, 1],
    ]);
    expect(found[0]?.probability).toBeCloseTo(0.1);
    expect(found[0]?.suggestedProbability).toBeCloseTo(0.9);
  });

  it('does not flag a class that is hard: its threshold is low, those of others are high', () => {
    expect(
      find([0, 0.95, 0.05], [0, 0.95, 0.05], [1, 0.6, 0.4], [1, 0.55, 0.45], [1, 0.6, 0.4]),
    ).toEqual([]);
  });

  it('never flags a label that is the likeliest class', () => {
    // Of label 0, both count for class 1, whose threshold is 0.3.
    const found = find([0, 0.6, 0.4], [0, 0.2, 0.8], [1, 0.7, 0.3]);
    expect(found.every(({ label, suggested }) => label !== suggested)).toBe(true);
    expect(found.map(({ index }) => index)).not.toContain(0);
  });

  it('copes with a class without pictures, and with none at all', () => {
    expect(find([0, 0.2, 0.1, 0.7], [0, 0.3, 0.1, 0.6], [1, 0.1, 0.8, 0.1])).toEqual([]);
    expect(
      findSuspicious({ probabilities: new Float32Array(), labels: new Int32Array(), classes: 2 }),
    ).toEqual([]);
  });
});

describe('findSuspicious, again', () => {
  const pictures = {
    probabilities: Float32Array.of(0.9, 0.1, 0.9, 0.1, 0.4, 0.6, 0.1, 0.9, 0.1, 0.9),
    labels: Int32Array.of(0, 0, 0, 1, 1),
    classes: 2,
  };
  const known = (index: number) => ({
    ...{ index, label: 0, suggested: 1, probability: 0, suggestedProbability: 1 },
  });

  it('keeps what was found before, with the new probabilities', () => {
    expect(findSuspicious(pictures)).toEqual([]);
    const found = findSuspicious(pictures, [known(2)]);
    expect(found.map(({ index }) => index)).toEqual([2]);
    expect(found[0]?.probability).toBeCloseTo(0.4);
  });

  it('drops what now has its label as the likeliest class', () => {
    expect(findSuspicious(pictures, [known(1)])).toEqual([]);
  });
});
