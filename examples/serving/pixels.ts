import sharp from 'sharp';

/**
 * Decodes a picture as `classifier.classify` does in Node: upright, scaled until it covers the size, cropped at its centre,
 * 8-bit sRGB, transparency on white.
 *
 * @param source a path, or a file's bytes
 * @returns `height × width × 3`, RGB
 */
export async function decodePixels(
  source: string | Uint8Array,
  [height, width]: readonly [height: number, width: number],
): Promise<Uint8Array> {
  const { data, info } = await sharp(source, { autoOrient: true, failOn: 'error' })
    .flatten({ background: '#fff' })
    .resize(width, height, { fit: 'outside' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width: fullWidth, height: fullHeight, channels } = info;
  const [left, top] = [(fullWidth - width) >> 1, (fullHeight - height) >> 1];
  return sharp(data, { raw: { width: fullWidth, height: fullHeight, channels } })
    .extract({ left, top, width, height })
    .raw()
    .toBuffer();
}
