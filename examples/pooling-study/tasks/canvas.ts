import sharp from 'sharp';

/** Scales a grey picture to a square of RGB. */
export async function enlarged(grey: Uint8Array, from: number, to: number): Promise<Uint8Array> {
  const raw = { width: from, height: from, channels: 1 as const };
  const data = await sharp(grey, { raw })
    .resize(to, to, { fit: 'fill', kernel: 'cubic' })
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  const channels = data.length / to ** 2;
  return Uint8Array.from(
    { length: 3 * to ** 2 },
    (_, i) => data[Math.floor(i / 3) * channels] ?? 0,
  );
}
