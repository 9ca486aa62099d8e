import { lookup3 } from './checksum.js';
import { damaged } from './failure.js';

/** How HDF5 says that something is stored nowhere: all bits set. */
const UNDEFINED_ADDRESS = 0xffff_ffff_ffff_ffffn;
/** How often a byte may be read as part of a structure: a sound file's are read once, shared ones a few times. */
const MAX_VISITS = 4;
/** What any file may have read beyond that. */
const FREE_BYTES = 2 ** 20;
/** ResNet-152 has 777 weights, in twice as many groups. */
const MAX_OBJECTS = 20_000;
/** What each structure counts at least, so that none is free. */
const LEAST_BYTES = 16;
const CHECKSUM_BYTES = 4;

/** Reads one structure of the file, field by field, and never beyond its end. */
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

  /** An unsigned integer of up to eight bytes; exact up to 2^53, and above only good to be refused. */
  uint(bytes: number): number {
    const at = this.next(bytes);
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + this.view.getUint8(at + i);
    return value;
  }

  /** Where something is stored, and nothing where it is stored nowhere. */
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

  /** The same structure from here on, to be read without moving this one. */
  copy(): Cursor {
    return new Cursor(this.view, this.what, this.position, this.end);
  }

  /** The next so many bytes, to be read later. */
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
 * A file's bytes, of which structures are read. All of them together may be no more than a few times the file's size, so
 * that one that refers to itself, or to the same part over and over, ends in an error.
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

  /** @param what is read, for error messages */
  structure(what: string, address: number | undefined, length: number): Cursor {
    const bytes = this.slice(what, address, length);
    this.left -= Math.max(length, LEAST_BYTES);
    if (this.left < 0) {
      throw damaged('expected structures that are read once, got some that refer to each other');
    }
    const begin = bytes.byteOffset - this.bytes.byteOffset;
    return new Cursor(this.view, what, begin, begin + length);
  }

  /** A structure that ends in a checksum, which is compared. */
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

  /** A part of the file as it is. */
  slice(what: string, address: number | undefined, length: number): Uint8Array {
    if (address === undefined)
      throw damaged(`${what} expected to be stored somewhere, got nowhere`);
    if (!(address + length <= this.bytes.byteLength)) {
      throw damaged(
        `${what} expected ${length} bytes from ${address} within the file's ${this.bytes.byteLength}`,
      );
    }
    return this.bytes.subarray(address, address + length);
  }
}
