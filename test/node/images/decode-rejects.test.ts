import { mkdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_PIXELS } from '../../../src/node/images/cost';
import { decodeImage } from '../../../src/node/images/decode';
import { draw, makeFolder, noise, pngHeader, write } from './draw';
import { makeFifo } from '../../setup/fifo';

let folder: string;
beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Decodes a file of these bytes. */
async function decode(content: Uint8Array | string, size: number, name = 'picture') {
  const [path = ''] = write(folder, { [name]: content });
  return decodeImage(path, { height: size, width: size });
}

/** What is wrong with a file of these bytes, with its path left out. */
async function complaint(content: Uint8Array | string, name?: string): Promise<string> {
  const error: unknown = await decode(content, 2, name).then(
    () => 'nothing was thrown',
    (reason: unknown) => reason,
  );
  expect(error).toHaveProperty('name', 'PictureError');
  const { message } = error as Error;
  expect(message).toMatch(`${folder}/${name ?? 'picture'}: expected a picture that can be decoded`);
  return message.slice(message.indexOf('got '));
}

describe('decodeImage rejects', () => {
  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)(
    'a %s that is cut short anywhere',
    async (format) => {
      // Upright, so that a centre crop leaves the end of the file out.
      const bytes = await noise(40, 160).toFormat(format).toBuffer();
      for (const part of [0.03, 0.2, 0.5, 0.8, 0.9, 0.97]) {
        expect(await complaint(bytes.subarray(0, bytes.length * part))).toMatch(
          /^got (".+"; the file is damaged or truncated|a file of another kind)/,
        );
      }
    },
  );

  it('a JPEG that is cut short where the crop leaves it out', async () => {
    const bytes = await noise(300, 1200).jpeg().toBuffer();
    const cut = bytes.subarray(0, bytes.length * 0.85);
    await expect(decode(cut, 64)).rejects.toThrow('premature end');
  });

  it('a JPEG that is cut short at the very end', async () => {
    const bytes = await noise(40, 160).jpeg().toBuffer();
    expect(await complaint(bytes.subarray(0, -2))).toBe(
      'got "VipsJpeg: premature end of JPEG image"; the file is damaged or truncated: download it again, or remove it',
    );
  });

  it.each([
    ['', 'an empty file; download it again'],
    ['\u0000\u0001', 'a file of another kind; JPEG, PNG, WebP, AVIF, GIF and TIFF can be decoded'],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'SVG or other XML; save it as PNG'],
    ['\uFEFF<?xml version="1.0"?><svg/>', 'SVG or other XML; save it as PNG'],
    ['<!-- drawn --><svg/>', 'SVG or other XML; save it as PNG'],
    [
      '<!--ftypavif--><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
      'SVG or other XML; save it as PNG',
    ],
    ['<!DOCTYPE html><title>404</title>', 'a web page; download the picture itself'],
    ['BM1234', 'a BMP; save it as PNG'],
    ['%PDF-1.7', 'a PDF; save its page as PNG'],
    ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'HEIC; save it as JPEG'],
    ['version https://git-lfs.github.com/spec/v1', 'a Git LFS pointer; run git lfs pull'],
  ])('%j', async (content, expected) => {
    expect(await complaint(content, 'picture.png')).toBe(`got ${expected}`);
  });

  it.each(['\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'GIF89a', 'II*\0', 'RIFF0000WEBP'])(
    'an SVG behind the signature %j',
    async (signature) => {
      const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
      expect(await complaint(Buffer.from(signature + svg, 'latin1'))).toMatch(
        /^got ".+"; the file/,
      );
    },
  );

  it('more pixels than it would decode, without decoding them', async () => {
    expect(await complaint(pngHeader(20_000, 20_000))).toBe(
      `got "Input image exceeds pixel limit"; save it with at most ${MAX_PIXELS} pixels`,
    );
    // A limit of libpng's.
    expect(await complaint(pngHeader(0x7fffffff, 0x7fffffff))).toMatch(/^got ".+"; /);
    expect(await complaint(pngHeader(0, 5))).toMatch(/^got ".+"; the file is damaged/);
    expect(await complaint(pngHeader(11_000, 11_000))).toMatch(/^got ".+"; the file is damaged/);
  });

  it('more bytes than it would hold', async () => {
    const [path = ''] = write(folder, { 'long.png': '' });
    truncateSync(path, 2 ** 28 + 1);
    await expect(decodeImage(path, { height: 2, width: 2 })).rejects.toThrow(
      `${path}: expected a picture that can be decoded, got 268435457 bytes; save it with at most 268435456`,
    );
  });

  it('what is no file', async () => {
    const path = join(folder, 'thing.png');
    const attempt = () => decodeImage(path, { height: 2, width: 2 });
    await expect(attempt()).rejects.toThrow(
      `${path}: expected a picture that can be decoded, got no such file; check its path`,
    );
    mkdirSync(path);
    await expect(attempt()).rejects.toThrow('got a folder; pass the files in it');
    rmSync(path, { recursive: true });
    symlinkSync(path, path);
    await expect(attempt()).rejects.toThrow(/got "ELOOP: .+"; check its permissions/);
    rmSync(path);
    makeFifo(path);
    await expect(attempt()).rejects.toThrow('got neither a file nor a link to one; remove it');
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a path that is none',
      () => decodeImage(5 as unknown as string, { height: 1, width: 1 }),
      "source: expected the path of a picture's file, or its bytes, got 5",
    ],
    [
      'a size that is none',
      () => decodeImage('a.png', undefined as unknown as { height: number; width: number }),
      'size: expected an options object, got undefined',
    ],
    [
      'no height',
      () => decodeImage('a.png', { height: 0, width: 1 }),
      'size.height: expected a positive integer, got 0',
    ],
    [
      'half a width',
      () => decodeImage('a.png', { height: 1, width: 0.5 }),
      'size.width: expected a positive integer, got 0.5',
    ],
  ])('%s', async (_, attempt, message) => {
    await expect(attempt()).rejects.toMatchObject({ name: 'ArgumentError', message });
  });

  it('to work without sharp', async () => {
    const [path = ''] = write(folder, {
      'a.png': await draw([[[1, 2, 3]]])
        .png()
        .toBuffer(),
    });
    await jest.isolateModulesAsync(async () => {
      jest.doMock('sharp', () => {
        throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
      });
      const isolated = await import('../../../src/node/images/decode');
      await expect(isolated.decodeImage(path, { height: 2, width: 2 })).rejects.toMatchObject({
        name: 'PackageError',
        message: 'sharp: expected it to be installed, got no such package; npm install sharp',
      });
      jest.dontMock('sharp');
    });
  });
});
