import type { ComparedHead } from './comparison.js';

/** Bytes that a backend can address, whatever the machine has. WebAssembly's addresses have 32 bits. */
const ADDRESSED: Readonly<Record<string, number>> = { wasm: 2 ** 32 };

/**
 * The share of it that an estimate may reach. On wasm in Node, training steps of an estimated 3.61 GB ran (84 %), and one of 4.11 GB
 * aborted (96 %): free memory is in pieces, and the base's weights are in it too.
 */
const USABLE = 0.8;

/** Bytes that a backend has memory for; infinite if only the machine limits them. */
export const capacityOf = (backend: string): number => USABLE * (ADDRESSED[backend] ?? Infinity);

/** What of a head a backend has memory for. WebAssembly aborts beyond that, and can't be used again in the process. */
export function fitting(
  { memory, cached }: Pick<ComparedHead, 'memory' | 'cached'>,
  backend: string,
): { readonly predict: boolean; readonly trainStep: boolean } {
  const capacity = capacityOf(backend);
  return { predict: memory.inference.total <= capacity, trainStep: cached.total <= capacity };
}
