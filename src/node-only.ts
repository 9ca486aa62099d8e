import { reject } from './errors.js';

/** A function or an object that only exists in Node: node.ts provides it, and in a browser it is absent. */
export interface NodeOnly<T> {
  provide(value: T): void;
  /** The provided value, or undefined in a browser. */
  get(): T | undefined;
  /** @throws ArgumentError in a browser */
  require(subject: string, expected: string, got: unknown): T;
}

export function nodeOnly<T extends object>(): NodeOnly<T> {
  let provided: T | undefined;
  return {
    provide(value) {
      provided = value;
    },
    get: () => provided,
    require: (subject, expected, got) =>
      provided ?? reject(subject, expected, got, 'paths are read and written in Node only'),
  };
}
