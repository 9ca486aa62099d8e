import { readFile } from 'node:fs/promises';
import { unzipSync } from 'fflate';
import { MINI } from './digits.js';
import { VARIANTS } from '../variants.js';
import { pixelsOf } from './photographs.js';
import type { Task } from './task.js';

/** From here on, `scripts/resnet-mini` held the pictures of each class out. */
const FIRST_HELD_OUT = 4500;
const TRAIN = 60;
const TEST = 50;

/** CIFAR-10 pictures that resnet-mini was not trained on; it was trained on others of the same classes. */
export async function cifarTask(zip: string, other = MINI): Promise<Task> {
  const backbone = await other.backbone();
  const isWanted = (name: string) => {
    const number = Number(/\/(\d+)\.\w+$/.exec(name)?.[1]);
    return number >= FIRST_HELD_OUT && number < FIRST_HELD_OUT + TRAIN + TEST;
  };
  const files = unzipSync(await readFile(zip), { filter: ({ name }) => isWanted(name) });
  const names = Object.keys(files).sort();
  const classOf = (name: string) => name.split('/').at(-2) ?? '';
  const classes = [...new Set(names.map(classOf))].sort();
  return {
    ...{ name: 'cifar-10', title: 'CIFAR-10', classes, backbone },
    description: other.description,
    labels: Int32Array.from(names, (name) => classes.indexOf(classOf(name))),
    pictures: await Promise.all(
      names.map((name) => pixelsOf(files[name] ?? new Uint8Array(), backbone.inputSize)),
    ),
    ...{ testPerClass: TEST, trainPerClass: TRAIN, variants: VARIANTS },
  };
}
