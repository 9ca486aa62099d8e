const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** 32 bits of a text (FNV-1a), for seeds that are drawn by name. */
export function hashText(text: string): number {
  let hash = FNV_OFFSET;
  for (const char of text) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), FNV_PRIME) >>> 0;
  }
  return hash;
}

/** A generator of numbers from 0 up to 1 (mulberry32, by Tommy Ettinger), the same for a seed everywhere. */
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

/** A seed of its own for each step of a kind, so that step 7 draws the same whether it follows 6 or a restart. */
export const seedAt = (seed: number, kind: number, step: number): number =>
  (Math.imul(seed ^ Math.imul(kind + 1, SPREAD), SPREAD) + Math.imul(step + 1, SPREAD)) >>> 0;

/** The indices 0 to `count` − 1 in an order drawn by Fisher and Yates. */
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
