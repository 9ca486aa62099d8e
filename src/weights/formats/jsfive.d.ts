/** The part of the untyped package `jsfive` that is used here. */
declare module 'jsfive' {
  export class Dataset {
    readonly shape: number[];
    /** `<f4` and the like for numbers; arrays for compound types. */
    readonly dtype: unknown;
    /** The numbers in row-major order. */
    readonly value: unknown;
    /** Not documented, and so not counted on: the messages of the dataset's header, by their type. */
    readonly _dataobjects?: {
      readonly find_msg_type?: (type: number) => ReadonlyMap<string, unknown>[];
    };
  }
  export class Group {
    readonly keys: string[];
    get(path: string): Group | Dataset | null;
  }
  export class File extends Group {
    constructor(bytes: ArrayBuffer, name: string);
  }
}
