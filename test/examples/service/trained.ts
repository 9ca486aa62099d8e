import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { loadBackbone, trainClassifier } from 'resnet-heads';
import sharp from 'sharp';
import type { Service } from '../../../examples/service/service';

/** A picture of one grey, as the bytes of a file. */
export const grey = (level: number, format: 'png' | 'jpeg' | 'webp' = 'png'): Promise<Buffer> =>
  sharp({
    create: { width: 40, height: 30, channels: 3, background: { r: level, g: level, b: level } },
  })
    .toFormat(format)
    .toBuffer();

/** Trains a classifier that tells dark pictures from light ones, and writes it as `resnet-heads train` does. */
export async function trainGreys(folder: string): Promise<string> {
  const pictures = join(folder, 'pictures');
  for (const [name, level] of [
    ['dark', 40],
    ['light', 200],
  ] as const) {
    mkdirSync(join(pictures, name), { recursive: true });
    for (let i = 0; i < 10; i++) {
      await sharp(await grey(level + i)).toFile(join(pictures, name, `${i}.png`));
    }
  }
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [16, 16, 3],
        filters: 4,
        kernelSize: 4,
        strides: 4,
        kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
      }),
    ],
  });
  const out = join(folder, 'classifier');
  const backbone = await loadBackbone(model, { preprocessing: 'tf' });
  const classifier = await trainClassifier(backbone, pictures, {
    ...{ out, epochs: 40, learningRate: 0.05 },
  });
  classifier.dispose();
  backbone.dispose();
  return out;
}

/** Has it listen where nothing does, and says at which address. */
export async function listen({ server }: Service): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
