import { attachHead, type Classifier, denseHead, loadClassifier, pooledHead } from 'resnet-heads';
import sharp from 'sharp';
import { draw, drawWeights } from '../../test/setup/draw.js';
import { miniResnet } from '../../test/setup/mini-resnet.js';

const CLASSES = ['daisy', 'rose "Gallica"', 'Flieder, weiß', 'tulip'];

/** One of each kind: one class per picture, several labels, and a map of classes. */
export async function makeClassifiers(): Promise<Readonly<Record<string, Classifier>>> {
  const numClasses = CLASSES.length;
  const make = (head: ReturnType<typeof pooledHead>, thresholds?: readonly number[]) => {
    const model = attachHead(miniResnet(), head, { weights: 'pending' });
    drawWeights(model);
    const options = { classes: CLASSES, preprocessing: 'caffe' } as const;
    return loadClassifier(model, { ...options, ...(thresholds && { thresholds }) });
  };
  return {
    pooled: await make(pooledHead({ numClasses })),
    labels: await make(pooledHead({ numClasses, activation: 'sigmoid' }), [0.2, 0.4, 0.6, 0.8]),
    map: await make(denseHead({ numClasses })),
  };
}

/** Files in several formats and sizes: large, small, turned by EXIF, with transparency, long. */
export async function drawFiles(): Promise<readonly Buffer[]> {
  const noise = (name: string, width: number, height: number, channels: 3 | 4 = 3) => {
    const pixels = Uint8Array.from(draw(name, width * height * channels, 0, 256));
    return sharp(pixels, { raw: { width, height, channels } });
  };
  return Promise.all([
    noise('large', 200, 150).jpeg().toBuffer(),
    noise('small', 20, 21).png().toBuffer(),
    noise('turned', 90, 61).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    noise('clear', 64, 64, 4).png().toBuffer(),
    noise('long', 33, 400).webp({ lossless: true }).toBuffer(),
    noise('fitting', 32, 32).png().toBuffer(),
  ]);
}
