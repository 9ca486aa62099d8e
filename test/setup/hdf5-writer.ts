/** A message of an object's header: its type and what it says. */
export type Message = readonly [type: number, body: Uint8Array];

const UNDEFINED_ADDRESS = 0xffff_ffff_ffff_ffffn;
const SUPERBLOCK_BYTES = 96;

/** Little-endian fields: `[value, bytes]`, texts and bytes as they are. */
export type Field = readonly [value: number | bigint, bytes: number] | string | Uint8Array;

export function pack(...fields: readonly Field[]): Uint8Array {
  const bytes: number[] = [];
  for (const field of fields) {
    if (typeof field === 'string') for (const letter of field) bytes.push(letter.charCodeAt(0));
    else if (field instanceof Uint8Array) for (const byte of field) bytes.push(byte);
    else {
      for (let i = 0; i < field[1]; i++)
        bytes.push(Number((BigInt(field[0]) >> BigInt(8 * i)) & 255n));
    }
  }
  return Uint8Array.from(bytes);
}

/** Of any number, which `pack` can't take as arguments. */
const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const padded = (bytes: Uint8Array): Uint8Array =>
  pack(bytes, new Uint8Array((8 - (bytes.length % 8)) % 8));

export const dataspace = (...shape: readonly number[]): Message => [
  0x01,
  pack([1, 1], [shape.length, 1], [0, 6], ...shape.map((size) => [size, 8] as const)),
];
export const FLOAT32: Message = [
  0x03,
  pack([0x11, 1], [0x1f20, 3], [4, 4], [0, 2], [32, 2], [23, 1], [8, 1], [0, 1], [23, 1], [127, 4]),
];
export const contiguous = (address: number | bigint, bytes: number): Message => [
  0x08,
  pack([3, 1], [1, 1], [address, 8], [bytes, 8]),
];
export const chunked = (tree: number | bigint, ...shape: readonly number[]): Message => [
  0x08,
  pack(
    [3, 1],
    [2, 1],
    [shape.length + 1, 1],
    [tree, 8],
    ...[...shape, 4].map((n) => [n, 4] as const),
  ),
];
export const DEFLATE: Message = [
  0x0b,
  pack([1, 1], [1, 1], [0, 6], [1, 2], [0, 2], [0, 2], [0, 2]),
];

/** Writes HDF5 as h5py does, structure by structure, so that tests can say what no library would write. */
export class Hdf5Writer {
  private readonly parts: Uint8Array[] = [];
  private length = SUPERBLOCK_BYTES;

  /** Where the next part will be. */
  get next(): number {
    return this.length;
  }

  add(...fields: readonly Field[]): number {
    const bytes = padded(pack(...fields));
    const at = this.length;
    this.parts.push(bytes);
    this.length += bytes.length;
    return at;
  }

  /** An object's header. */
  object(...messages: readonly Message[]): number {
    const bodies = messages.flatMap(([type, body]) => {
      const whole = padded(body);
      return [pack([type, 2], [whole.length, 2], [0, 4]), whole];
    });
    const size = bodies.reduce((sum, { length }) => sum + length, 0);
    return this.add(
      [1, 1],
      [0, 1],
      [messages.length, 2],
      [1, 4],
      [size, 4],
      [0, 4],
      joined(bodies),
    );
  }

  /** A node of a B-tree of groups (0) or chunks (1), with keys and children. */
  tree(type: 0 | 1, level: number, entries: readonly (readonly [Uint8Array, number])[]): number {
    return this.add(
      'TREE',
      [type, 1],
      [level, 1],
      [entries.length, 2],
      [UNDEFINED_ADDRESS, 8],
      [UNDEFINED_ADDRESS, 8],
      ...entries.flatMap(([key, child]) => [key, pack([child, 8])]),
      new Uint8Array(64),
    );
  }

  chunkKey(bytes: number, offset: readonly number[]): Uint8Array {
    return pack([bytes, 4], [0, 4], ...[...offset, 0].map((at) => [at, 8] as const));
  }

  /** A group of these objects; a name may stand in it twice. */
  group(...links: readonly (readonly [name: string, address: number])[]): number {
    const { leaf, heap } = this.symbols(...links);
    return this.groupOver(this.tree(0, 0, [[new Uint8Array(8), leaf]]), heap);
  }

  symbols(...links: readonly (readonly [name: string, address: number])[]) {
    const offsets: number[] = [];
    let names = pack([0, 8]);
    for (const [name] of links) {
      offsets.push(names.length);
      names = pack(names, padded(pack(name, [0, 1])));
    }
    const segment = this.add(names);
    const heap = this.add('HEAP', [0, 4], [names.length, 8], [UNDEFINED_ADDRESS, 8], [segment, 8]);
    const symbols = links.flatMap(([, address], i) => [
      pack([offsets[i] ?? 0, 8], [address, 8], [0, 24]),
    ]);
    const leaf = this.add('SNOD', [1, 2], [links.length, 2], joined(symbols));
    return { leaf, heap };
  }

  groupOver(tree: number, heap: number): number {
    return this.object([0x11, pack([tree, 8], [heap, 8])]);
  }

  /** The whole file, of which one object is the root. */
  file(root: number): Uint8Array {
    const superblock = pack(
      new Uint8Array([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]),
      [0, 5],
      [8, 1],
      [8, 1],
      [0, 1],
      [4, 2],
      [16, 2],
      [0, 4],
      [0, 8],
      [UNDEFINED_ADDRESS, 8],
      [this.length, 8],
      [UNDEFINED_ADDRESS, 8],
      [0, 8],
      [root, 8],
      [0, 24],
    );
    return joined([superblock, ...this.parts]);
  }
}
