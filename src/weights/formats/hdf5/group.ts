import { denseLinks } from './dense-links.js';
import { damaged, unsupported } from './failure.js';
import type { Cursor, Hdf5File } from './file.js';
import { MESSAGE, type Messages } from './object.js';
import { readTree } from './tree.js';

/** The objects of a group: where the header of each is, by name. */
export type Links = ReadonlyMap<string, number>;

/** The B-tree of a group, whose keys are offsets in the heap of names. */
const GROUP_NODE = 0;
const KEY_BYTES = 8;
/** Keras's take fewer than a hundred. */
const MAX_NAME_BYTES = 1024;
const LEAF_PREFIX_BYTES = 8;
const LEAF_ENTRY_BYTES = 40;
const HEAP_PREFIX_BYTES = 32;
/** A symbol that stands for a path, by the type of what is cached with it. */
const SOFT_LINK = 2;
/** What a link leads to, by its type. */
const HARD_LINK = 0;

const decoder = new TextDecoder();

const longName = () =>
  damaged(`expected names of at most ${MAX_NAME_BYTES} bytes within their heap`);

/** A group's links, to which each name is added once. */
class LinkTable {
  readonly links = new Map<string, number>();

  constructor(private readonly file: Hdf5File) {}

  add(name: string, address: number | undefined): void {
    if (name.length > MAX_NAME_BYTES) throw longName();
    if (address === undefined) throw damaged(`"${name}" expected an address, got none`);
    if (this.links.has(name)) throw damaged(`expected one "${name}" in its group, got two`);
    this.file.countObject();
    this.links.set(name, address);
  }
}

/** Links of a group in the form that HDF5 had first, and that h5py writes unless told otherwise. */
function readSymbols(file: Hdf5File, message: Cursor, table: LinkTable): void {
  const [tree, heapAddress] = [message.address(), message.address()];
  const heap = file.structure('local heap', heapAddress, HEAP_PREFIX_BYTES);
  heap.expectSignature('HEAP');
  heap.expectVersion(0);
  heap.skip(3);
  const size = heap.uint(8);
  heap.skip(8);
  const names = file.structure('local heap', heap.address(), size).bytes(size);

  const nameAt = (offset: number): string => {
    // Never further than a name may be long: many may begin in the same part of the heap.
    const from = names.subarray(offset, offset + MAX_NAME_BYTES + 1);
    const end = from.indexOf(0);
    if (end < 0) throw longName();
    return decoder.decode(from.subarray(0, end));
  };
  const readLeaf = (address: number | undefined): void => {
    const prefix = file.structure('symbol table', address, LEAF_PREFIX_BYTES);
    prefix.expectSignature('SNOD');
    prefix.expectVersion(1);
    prefix.skip(1);
    const count = prefix.uint(2);
    const leaf = file.structure('symbol table', prefix.position, count * LEAF_ENTRY_BYTES);
    while (leaf.left > 0) {
      const symbol = leaf.part(LEAF_ENTRY_BYTES);
      const name = nameAt(symbol.uint(8));
      const header = symbol.address();
      if (symbol.uint(4) === SOFT_LINK) throw unsupported(`"${name}" is a soft link`);
      table.add(name, header);
    }
  };
  readTree(file, tree, GROUP_NODE, KEY_BYTES, (_, child) => {
    readLeaf(child);
  });
}

/** A link as newer groups keep them (IV.A.2.g). */
function readLink(message: Cursor, table: LinkTable): void {
  message.expectVersion(1);
  const flags = message.uint(1);
  const type = flags & 0x08 ? message.uint(1) : HARD_LINK;
  // When it was made, and in which alphabet it is named: ASCII is UTF-8, too.
  message.skip((flags & 0x04 ? 8 : 0) + (flags & 0x10 ? 1 : 0));
  const name = decoder.decode(message.bytes(message.uint(1 << (flags & 0x03))));
  if (type !== HARD_LINK) throw unsupported(`"${name}" is a soft or an external link`);
  table.add(name, message.address());
}

/** What a group holds; nothing where the object is no group. */
export function readLinks(file: Hdf5File, messages: Messages): Links | undefined {
  const table = new LinkTable(file);
  if (messages.has(MESSAGE.symbolTable)) {
    readSymbols(file, messages.one(MESSAGE.symbolTable, 'symbol table'), table);
    return table.links;
  }
  if (!messages.has(MESSAGE.linkInfo)) return undefined;
  for (const link of messages.all(MESSAGE.link)) readLink(link, table);
  denseLinks(file, messages.one(MESSAGE.linkInfo, 'link information'), (link) => {
    readLink(link, table);
  });
  // By name, as older groups are, and not by the hash of it.
  return new Map([...table.links].sort(([a], [b]) => (a < b ? -1 : 1)));
}
