import { damaged, unsupported } from './failure.js';
import type { Cursor, Hdf5File } from './file.js';

/** The object header messages that are read (HDF5 File Format Specification 3.0, IV.A.2). */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  external: 0x07,
  layout: 0x08,
  filters: 0x0b,
  continuation: 0x10,
  symbolTable: 0x11,
} as const;

const KNOWN: ReadonlySet<number> = new Set(Object.values(MESSAGE));
/** Flag of a message that is stored elsewhere and shared by several objects. */
const SHARED = 0x02;

/** Most links in a group's header; by default HDF5 stores more than eight elsewhere. */
const MAX_LINKS = 1000;

/** Version 1: number of messages, of links to the object, and of bytes. */
const V1_PREFIX_BYTES = 16;
const V1_MESSAGE_PREFIX_BYTES = 8;

const V2_SIGNATURE = 'OHDR';
/** At most: signature, version, flags, four timestamps, two attribute counts, and a size. */
const V2_PREFIX_BYTES = 34;
const V2_MESSAGE_PREFIX_BYTES = 4;
const V2_FLAGS = { sizeOfSize: 0x03, order: 0x04, attributes: 0x10, times: 0x20 } as const;
const CHECKSUM_BYTES = 4;

/** The header messages of an object, which is a group, a dataset, or a named datatype. */
export class Messages {
  private readonly found: { readonly type: number; readonly body: Cursor }[] = [];

  add(type: number, flags: number, body: Cursor): void {
    if (!KNOWN.has(type)) return;
    if (flags & SHARED) throw unsupported('an object shares a header message with another');
    // One of each type, except for links, of which a small group has several. The limit keeps a hostile header from filling the memory.
    if (type === MESSAGE.link ? this.found.length >= MAX_LINKS : this.has(type)) {
      throw damaged('an object expected one header message of each type, got more');
    }
    this.found.push({ type, body });
  }

  all(type: number): Cursor[] {
    return this.found.filter((each) => each.type === type).map(({ body }) => body.copy());
  }

  has(type: number): boolean {
    return this.found.some((each) => each.type === type);
  }

  one(type: number, what: string): Cursor {
    const [message] = this.all(type);
    if (message === undefined) throw damaged(`an object expected a ${what}, got none`);
    return message;
  }
}

/** Reads the object header at an address, of either version. */
export function readMessages(file: Hdf5File, address: number | undefined): Messages {
  const first = file.structure('object header', address, 4);
  return first.copy().uint(1) === 1 ? readV1(file, first.position) : readV2(file, first.position);
}

function readV1(file: Hdf5File, address: number): Messages {
  const prefix = file.structure('object header', address, V1_PREFIX_BYTES);
  prefix.skip(2);
  let count = prefix.uint(2);
  prefix.skip(4);
  const size = prefix.uint(4);
  const messages = new Messages();
  const blocks = [file.structure('object header', address + V1_PREFIX_BYTES, size)];
  // Continuation blocks are appended during the loop.
  for (const block of blocks) {
    while (count > 0 && block.left >= V1_MESSAGE_PREFIX_BYTES) {
      count -= 1;
      const type = block.uint(2);
      const size = block.uint(2);
      const flags = block.uint(1);
      block.skip(3);
      const body = block.part(size);
      if (type === MESSAGE.continuation) {
        blocks.push(file.structure('object header', body.address(), body.uint(8)));
      } else messages.add(type, flags, body);
    }
  }
  if (count > 0) throw damaged(`an object header expected ${count} more messages, got none`);
  return messages;
}

function readV2(file: Hdf5File, address: number): Messages {
  const available = Math.min(V2_PREFIX_BYTES, file.bytes.byteLength - address);
  const prefix = file.structure('object header', address, available);
  prefix.expectSignature(V2_SIGNATURE);
  prefix.expectVersion(2);
  const flags = prefix.uint(1);
  if (flags & V2_FLAGS.times) prefix.skip(16);
  if (flags & V2_FLAGS.attributes) prefix.skip(4);
  const size = prefix.uint(1 << (flags & V2_FLAGS.sizeOfSize));
  const before = prefix.position - address;
  const first = file.checked('object header', address, before + size + CHECKSUM_BYTES);
  first.skip(before);

  const messages = new Messages();
  const blocks = [first];
  for (const block of blocks) {
    // A rest that is too short for a message is a gap.
    while (block.left >= V2_MESSAGE_PREFIX_BYTES + (flags & V2_FLAGS.order ? 2 : 0)) {
      const type = block.uint(1);
      const length = block.uint(2);
      const own = block.uint(1);
      if (flags & V2_FLAGS.order) block.skip(2);
      const body = block.part(length);
      if (type === MESSAGE.continuation) {
        const next = file.checked('object header', body.address(), body.uint(8));
        next.expectSignature('OCHK');
        blocks.push(next);
      } else messages.add(type, own, body);
    }
  }
  return messages;
}
