import sharp from 'sharp';
import { decodePixels } from '../../../examples/serving/pixels';
import { decodeImage } from '../../../src/node/images/decode';
import { draw } from '../../setup/draw';

const noise = (width: number, height: number, channels: 3 | 4 = 3) =>
  sharp(Uint8Array.from(draw('noise', width * height * channels, 0, 256)), {
    raw: { width, height, channels },
  });

it.each([
  ['a large JPEG', noise(201, 150).jpeg()],
  ['a small PNG', noise(9, 10).png()],
  ['a long WebP', noise(33, 400).webp({ lossless: true })],
  ['a JPEG turned by EXIF', noise(90, 61).withMetadata({ orientation: 6 }).jpeg()],
  ['a PNG with transparency', noise(64, 64, 4).png()],
  ['a grey PNG', noise(64, 64).greyscale().png()],
  ['a picture of the size itself', noise(24, 32).png()],
])('decodes %s to the bytes that the package sees', async (_, picture) => {
  const bytes = await picture.toBuffer();
  const ours = await decodeImage(bytes, { height: 32, width: 24 });
  expect(Buffer.compare(await decodePixels(bytes, [32, 24]), ours.pixels)).toBe(0);
});

it('refuses a damaged picture', async () => {
  const bytes = await noise(64, 64).png().toBuffer();
  await expect(decodePixels(bytes.subarray(0, 2_000), [32, 32])).rejects.toThrow();
});
