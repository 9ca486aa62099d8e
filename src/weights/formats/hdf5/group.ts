import { denseLinks } from './dense-links.js';
import { damaged, unsupported } from './failure.js';
import type { Cursor, Hdf5File } from './file.js';
import { MESSAGE, type Messages } from './object.js';
import { readTree } from './tree.js';

/** The objects of a group: the address of each header, by name. */
export type Links = ReadonlyMap<string, number>;

/** Type of a group's B-tree, whose keys are offsets in the heap of names. */
const GROUP_NODE = 0;
const KEY_BYTES = 8;
/** Keras's have fewer than a hundred. */
const MAX_NAME_BYTES = 1024;
const LEAF_PREFIX_BYTES = 8;
const LEAF_ENTRY_BYTES = 40;
const HEAP_PREFIX_BYTES = 32;
/** Cache type of a symbol that is a soft link. */
const SOFT_LINK = 2;
/** Type of a link to an object. */
const HARD_LINK = 0;

const decoder = new TextDecoder();

const longName = () =>
  damaged(`expected names of at most ${MAX_NAME_BYTES} bytes within their heap`);

/** Collects a group's links, and checks that names are unique. */
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

/** Reads the links of a group in HDF5's original format, h5py's default. */
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
    // Searched only as far as a name may be long, because many names may begin in the same part of the heap.
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

/** Reads a link of a group in the newer format (IV.A.2.g). */
function readLink(message: Cursor, table: LinkTable): void {
  message.expectVersion(1);
  const flags = message.uint(1);
  const type = flags & 0x08 ? message.uint(1) : HARD_LINK;
  // Creation order and character set; ASCII is valid UTF-8.
  message.skip((flags & 0x04 ? 8 : 0) + (flags & 0x10 ? 1 : 0));
  const name = decoder.decode(message.bytes(message.uint(1 << (flags & 0x03))));
  if (type !== HARD_LINK) throw unsupported(`"${name}" is a soft or an external link`);
  table.add(name, message.address());
}

/** Reads a group's links; undefined if the object isn't a group. */
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
  // Sorted by name, as in the original format, instead of by the name's hash.
  return new Map([...table.links].sort(([a], [b]) => (a < b ? -1 : 1)));
}
