import type { KerasLayer } from './config.js';

/** Assigns unique layer names in one graph to layers of several nested models. */
export class LayerNames {
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** @param outermost layers of the outermost model, which keep their names */
  constructor(outermost: readonly KerasLayer[]) {
    for (const { name } of outermost) {
      this.#names.set(LayerNames.key('', name), name);
      this.#taken.add(name);
    }
  }

  /** Identifies a layer by its model's path and its name. Names contain no NUL, because HDF5's are C strings. */
  static key(path: string, name: string): string {
    return `${path}\0${name}`;
  }

  /** The layer's name for a key: the first call chooses it, `wanted` if that is free, otherwise `alternative`. */
  nameOf(key: string, wanted: string, alternative = wanted): string {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = this.free(this.#taken.has(wanted) ? alternative : wanted);
    this.#names.set(key, name);
    return name;
  }

  /** Reserves an unused name. */
  free(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.#taken.has(name); i++) name = `${wanted}_${i}`;
    this.#taken.add(name);
    return name;
  }
}
