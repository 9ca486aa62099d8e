import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashedBytes } from '../../src/node/hashed-bytes';
import { makeFifoOf } from '../setup/fifo';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-hashed-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Bytes of which no piece is like another. */
const drawn = (length: number) =>
  new Uint8Array(
    Uint32Array.from({ length: Math.ceil(length / 4) }, (_, i) => i).buffer,
    0,
    length,
  );

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const MIB = 2 ** 20;

describe('hashedBytes', () => {
  it.each([0, 1, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 9 * MIB])(
    'reads %i bytes and hashes them',
    async (length) => {
      const path = join(folder, 'file');
      const bytes = drawn(length);
      writeFileSync(path, bytes);
      const file = await hashedBytes(path);
      expect(Buffer.compare(file.bytes, bytes)).toBe(0);
      expect(file.bytes.length).toBe(length);
      expect(file.bytes).not.toBeInstanceOf(Buffer);
      expect(file.sha256).toBe(sha256(bytes));
    },
  );

  it('reads a pipe to its end', async () => {
    const path = join(folder, 'pipe');
    const bytes = drawn(MIB);
    writeFileSync(join(folder, 'file'), bytes);
    makeFifoOf(join(folder, 'file'), path);
    const file = await hashedBytes(path);
    expect(Buffer.compare(file.bytes, bytes)).toBe(0);
    expect(file.sha256).toBe(sha256(bytes));
  });

  it('says what it read of a file that is cut off meanwhile', async () => {
    const path = join(folder, 'file');
    const bytes = drawn(9 * MIB);
    writeFileSync(path, bytes);
    // The prototype of what `open` gives, which Node doesn't export.
    const handle = await open(path);
    await handle.close();
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    const stat = jest.spyOn(prototype, 'stat').mockImplementationOnce(async function (
      this: typeof handle,
    ) {
      stat.mockRestore();
      const facts = await this.stat();
      truncateSync(path, 5 * MIB);
      return facts;
    });
    const file = await hashedBytes(path);
    expect(Buffer.compare(file.bytes, bytes.subarray(0, 5 * MIB))).toBe(0);
    expect(file.sha256).toBe(sha256(bytes.subarray(0, 5 * MIB)));
  });

  it('fails as the file system does', async () => {
    await expect(hashedBytes(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
