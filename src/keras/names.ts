import type { KerasLayer } from './config.js';

/** Names of layers in one graph that come out of several models, each of which has names of its own. */
export class LayerNames {
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** @param outermost layers that keep their names */
  constructor(outermost: readonly KerasLayer[]) {
    for (const { name } of outermost) {
      this.#names.set(LayerNames.key('', name), name);
      this.#taken.add(name);
    }
  }

  /** Where a layer is among the models. No layer's name has a NUL: HDF5's are C strings. */
  static key(path: string, name: string): string {
    return `${path}\0${name}`;
  }

  /** The name of what is at a key, the same each time it is asked for. */
  nameOf(key: string, wanted: string, elsewise = wanted): string {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = this.free(this.#taken.has(wanted) ? elsewise : wanted);
    this.#names.set(key, name);
    return name;
  }

  /** A name that no layer has. */
  free(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.#taken.has(name); i++) name = `${wanted}_${i}`;
    this.#taken.add(name);
    return name;
  }
}
