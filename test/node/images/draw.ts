import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** A temporary folder; whoever makes it removes it. */
export const makeFolder = (): string => mkdtempSync(join(tmpdir(), 'resnet-heads-images-'));

/** Writes files by their paths in the folder, and gives those paths in full. */
export function write(
  folder: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): string[] {
  return Object.entries(files).map(([name, content]) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  });
}

/** A picture of `rows` of colours, each a square of `scale` pixels. */
export function draw(rows: readonly (readonly (readonly number[])[])[], scale = 1): Sharp {
  const [height, width] = [rows.length, rows[0]!.length];
  const channels = rows[0]![0]!.length as 1 | 2 | 3 | 4;
  const data = Uint8Array.from(rows.flat(2));
  const image = sharp(data, { raw: { width, height, channels } });
  return scale === 1
    ? image
    : sharp(enlarge(data, width, height, channels, scale), {
        raw: { width: width * scale, height: height * scale, channels },
      });
}

function enlarge(data: Uint8Array, width: number, height: number, channels: number, scale: number) {
  const result = new Uint8Array(data.length * scale ** 2);
  for (let y = 0; y < height * scale; y++) {
    for (let x = 0; x < width * scale; x++) {
      const from = (Math.floor(y / scale) * width + Math.floor(x / scale)) * channels;
      result.set(data.subarray(from, from + channels), (y * width * scale + x) * channels);
    }
  }
  return result;
}

/** A picture that compresses badly, so that a file of it is long. */
export function noise(width: number, height: number, seed = 1): Sharp {
  const data = new Uint8Array(width * height * 3);
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state >>> 24;
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A PNG that declares a size, with hardly any pixels behind it. */
export function pngHeader(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits, RGB.
  header.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(64))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** As PNG has it; `zlib.crc32` is missing from Node 20.0. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
