const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** A 32-bit hash of a text (FNV-1a), to derive seeds from names. */
export function hashText(text: string): number {
  let hash = FNV_OFFSET;
  for (const char of text) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), FNV_PRIME) >>> 0;
  }
  return hash;
}

/** A random number generator (mulberry32, by Tommy Ettinger): numbers in [0, 1), the same for a seed on every platform. */
export function randomBy(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SPREAD = 0x9e3779b1;

/** The seed of one step, so that a resumed run draws the same numbers as an uninterrupted one. */
export const seedAt = (seed: number, kind: number, step: number): number =>
  (Math.imul(seed ^ Math.imul(kind + 1, SPREAD), SPREAD) + Math.imul(step + 1, SPREAD)) >>> 0;

/** The indices 0 to `count` − 1, shuffled (Fisher–Yates). */
export function shuffled(count: number, seed: number): Int32Array {
  const random = randomBy(seed);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const [a = 0, b = 0] = [order[i], order[j]];
    [order[i], order[j]] = [b, a];
  }
  return order;
}
