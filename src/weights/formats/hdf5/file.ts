import { lookup3 } from './checksum.js';
import { damaged } from './failure.js';

/** HDF5's undefined address: all bits set. */
const UNDEFINED_ADDRESS = 0xffff_ffff_ffff_ffffn;
/** How often each byte may be read as part of a structure, on average. In a valid file it is once, or a few times if shared. */
const MAX_VISITS = 4;
/** Bytes of structures allowed for every file in addition. */
const FREE_BYTES = 2 ** 20;
/** ResNet-152 has 777 weights, in twice as many groups. */
const MAX_OBJECTS = 20_000;
/** Bytes that each structure counts as at least, so that none is free. */
const LEAST_BYTES = 16;
const CHECKSUM_BYTES = 4;

/** Reads one structure of the file field by field, never beyond its end. */
export class Cursor {
  constructor(
    private readonly view: DataView,
    readonly what: string,
    public position: number,
    public end: number,
  ) {}

  get left(): number {
    return this.end - this.position;
  }

  private next(bytes: number): number {
    const at = this.position;
    if (!(bytes <= this.left)) {
      throw damaged(`${this.what} expected ${bytes} bytes or more at ${at}, got ${this.left}`);
    }
    this.position = at + bytes;
    return at;
  }

  /** Reads an unsigned integer of up to eight bytes. It is exact up to 2^53; callers reject larger values. */
  uint(bytes: number): number {
    const at = this.next(bytes);
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + this.view.getUint8(at + i);
    return value;
  }

  /** Reads an address, or undefined for HDF5's undefined address. */
  address(): number | undefined {
    const value = this.view.getBigUint64(this.next(8), true);
    return value === UNDEFINED_ADDRESS ? undefined : Number(value);
  }

  bytes(length: number): Uint8Array {
    const at = this.next(length);
    return new Uint8Array(this.view.buffer, this.view.byteOffset + at, length);
  }

  skip(bytes: number): void {
    this.next(bytes);
  }

  /** A copy of this cursor, which moves on its own. */
  copy(): Cursor {
    return new Cursor(this.view, this.what, this.position, this.end);
  }

  /** Skips the next bytes, and returns a cursor over them. */
  part(bytes: number): Cursor {
    const at = this.next(bytes);
    return new Cursor(this.view, this.what, at, at + bytes);
  }

  expectSignature(signature: string): void {
    const at = this.position;
    const got = String.fromCharCode(...this.bytes(signature.length));
    if (got !== signature) {
      throw damaged(`${this.what} expected the signature ${signature} at ${at}, got another`);
    }
  }

  expectVersion(...versions: readonly number[]): number {
    const version = this.uint(1);
    if (versions.includes(version)) return version;
    throw damaged(`${this.what} expected version ${versions.join(' or ')}, got ${version}`);
  }
}

/**
 * A file's bytes, from which structures are read. Together they may have at most a few times the file's size, so that a file which
 * refers to itself, or to the same part over and over, ends in an error.
 */
export class Hdf5File {
  private readonly view: DataView;
  private left: number;
  private objects = 0;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.left = MAX_VISITS * bytes.byteLength + FREE_BYTES;
  }

  /** Called for each link to an object, before it is kept. */
  countObject(): void {
    this.objects += 1;
    if (this.objects > MAX_OBJECTS) throw damaged(`expected at most ${MAX_OBJECTS} objects`);
  }

  /** @param what name of the structure in error messages */
  structure(what: string, address: number | undefined, length: number): Cursor {
    const bytes = this.slice(what, address, length);
    this.left -= Math.max(length, LEAST_BYTES);
    if (this.left < 0) {
      throw damaged('expected structures to be read once, got some that refer to each other');
    }
    const begin = bytes.byteOffset - this.bytes.byteOffset;
    return new Cursor(this.view, what, begin, begin + length);
  }

  /** Reads a structure that ends in a checksum, and verifies the checksum. */
  checked(what: string, address: number | undefined, length: number): Cursor {
    const cursor = this.structure(what, address, length);
    const begin = cursor.position;
    cursor.end -= CHECKSUM_BYTES;
    const expected = new Cursor(this.view, what, cursor.end, cursor.end + CHECKSUM_BYTES).uint(4);
    const got = lookup3(this.bytes.subarray(begin, cursor.end));
    if (got !== expected) {
      throw damaged(`${what} at ${begin} expected the checksum ${expected}, got ${got}`);
    }
    return cursor;
  }

  /** Returns a part of the file. */
  slice(what: string, address: number | undefined, length: number): Uint8Array {
    if (address === undefined) throw damaged(`${what} expected an address, got none`);
    if (!(address + length <= this.bytes.byteLength)) {
      throw damaged(
        `${what} expected ${length} bytes from ${address} within the file's ${this.bytes.byteLength}`,
      );
    }
    return this.bytes.subarray(address, address + length);
  }
}
