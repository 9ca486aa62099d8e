import { WeightsError } from '../errors.js';
import type { Allowance } from './allowance.js';
import { inflate } from './inflate.js';

/* PKWARE APPNOTE 6.3: the members, their directory (4.3.12), and at the end the directory's position (4.3.16). */
const END = { signature: 0x06054b50, bytes: 22, maxComment: 0xffff } as const;
const ENTRY = { signature: 0x02014b50, bytes: 46 } as const;
const MEMBER = { signature: 0x04034b50, bytes: 30 } as const;
const ENCRYPTED = 0x01;
const STORED = 0;
const DEFLATED = 8;
/** Placeholder for a size above 32 bits, which is stored elsewhere. */
const LARGE = 0xffff_ffff;

/** A directory entry. */
export interface ZipMember {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly at: number;
}

export const zipFailure = (what: string, cause?: unknown): WeightsError =>
  new WeightsError(`zip archive: ${what}; the file is damaged or truncated`, { cause });

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

function findEnd(view: DataView): number {
  const last = view.byteLength - END.bytes;
  for (let at = last; at >= Math.max(0, last - END.maxComment); at--) {
    if (view.getUint32(at, true) !== END.signature) continue;
    if (at + END.bytes + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  throw zipFailure('expected a directory at its end, got none');
}

/** Lists the members of an archive in the order of its directory, without unpacking them. */
export function zipDirectory(bytes: Uint8Array): ZipMember[] {
  const view = viewOf(bytes);
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const decoder = new TextDecoder();
  const members: ZipMember[] = [];
  for (let i = 0; i < count; i++) {
    if (at + ENTRY.bytes > end || view.getUint32(at, true) !== ENTRY.signature) {
      throw zipFailure(`expected ${count} members in its directory, got ${i}`);
    }
    const nameBytes = view.getUint16(at + 28, true);
    members.push({
      name: decoder.decode(bytes.subarray(at + ENTRY.bytes, at + ENTRY.bytes + nameBytes)),
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packedBytes: view.getUint32(at + 20, true),
      bytes: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
    });
    at += ENTRY.bytes + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return members;
}

/** A member's bytes as stored. */
function storedBytes(bytes: Uint8Array, { name, at, packedBytes }: ZipMember): Uint8Array {
  const view = viewOf(bytes);
  const fits = at + MEMBER.bytes <= bytes.byteLength;
  if (!fits || view.getUint32(at, true) !== MEMBER.signature) {
    throw zipFailure(`"${name}" expected at ${at}, got something else`);
  }
  const begin = at + MEMBER.bytes + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (begin + packedBytes > bytes.byteLength) {
    throw zipFailure(`"${name}" expected ${packedBytes} bytes from ${begin}, got fewer`);
  }
  return bytes.subarray(begin, begin + packedBytes);
}

/** Header and trailer that turn deflated bytes into gzip (RFC 1952), which uses the same checksum as zip. */
const GZIP_HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);

function gzipTrailer({ crc, bytes }: ZipMember): Uint8Array {
  const trailer = new Uint8Array(8);
  viewOf(trailer).setUint32(0, crc, true);
  viewOf(trailer).setUint32(4, bytes, true);
  return trailer;
}

/**
 * Returns a member's bytes: a view of the archive if the member is stored, otherwise decompressed.
 *
 * @throws WeightsError if size or checksum differ from the directory's
 */
export async function unzipMember(
  bytes: Uint8Array,
  member: ZipMember,
  allowance: Allowance,
): Promise<Uint8Array> {
  const { name, flags, method, crc, bytes: size, packedBytes } = member;
  if (flags & ENCRYPTED || ![STORED, DEFLATED].includes(method) || size === LARGE) {
    throw new WeightsError(
      `zip archive: "${name}" expected to be stored or deflated, below 4 GB and without a password, got something else; create the archive again without compression`,
    );
  }
  const stored = storedBytes(bytes, member);
  if (method === DEFLATED) {
    allowance.take(size);
    try {
      return await inflate([GZIP_HEADER, stored, gzipTrailer(member)], 'gzip', size);
    } catch (cause) {
      throw zipFailure(
        `"${name}" expected ${size} bytes, deflated, with the CRC-32 ${hex(crc)}`,
        cause,
      );
    }
  }
  const { crc32 } = await import('hash-wasm');
  const got = await crc32(stored);
  if (packedBytes !== size || got !== hex(crc)) {
    throw zipFailure(
      `"${name}" expected ${size} bytes with the CRC-32 ${hex(crc)}, got ${packedBytes} with ${got}`,
    );
  }
  return stored;
}

const hex = (crc: number): string => crc.toString(16).padStart(8, '0');
