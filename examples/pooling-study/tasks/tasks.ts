import { basename, join } from 'node:path';
import { type Backbone, loadBackbone, type Preprocessing } from 'resnet-heads';
import { cifarTask } from './cifar.js';
import { digitsTask, MINI, type OtherBackbone, sidesTask } from './digits.js';
import { mobilenet, SIDE } from './mobilenet.js';
import { exists, photographsTask } from './photographs.js';
import { blocksOfPersons } from './persons.js';
import type { Task } from './task.js';

export interface TaskOptions {
  /** A folder with `mobilenet-base` and any of `cats-dogs`, `flowers`, `sign-digits` and `cifar10-train.zip`. */
  readonly data?: string | undefined;
  /** A file of a ResNet's weights, or a published name; the backbone of all tasks. */
  readonly weights?: string | undefined;
  /** How pictures are scaled for a file's weights. */
  readonly preprocessing?: Preprocessing | undefined;
}

export interface TaskEntry {
  readonly name: string;
  readonly load: () => Promise<Task>;
  /** The same pictures for a backbone of another input size, if it can be had. */
  readonly loadAt?: (side: number) => Promise<Task>;
  /** The same pictures on resnet-mini, if the task is on another backbone: small enough to train on a processor. */
  readonly loadSmall?: () => Promise<Task>;
}

const PHOTOGRAPHS: Readonly<
  Record<string, Pick<Task, 'title'> & { blocksOf?: typeof blocksOfPersons }>
> = {
  'cats-dogs': { title: 'Cats and dogs' },
  flowers: { title: 'Flowers' },
  'sign-digits': { title: 'Sign digits', blocksOf: blocksOfPersons },
};

/** A ResNet; at 128 × 128, as MobileNet is, a flattened head on a ResNet-50 has 33.6 million weights. */
const resnetOf = (
  { weights = '', preprocessing }: TaskOptions,
  side: number = SIDE,
): OtherBackbone => ({
  backbone: () =>
    loadBackbone(weights, { inputSize: [side, side], ...(preprocessing && { preprocessing }) }),
  description: `${basename(weights)} at ${side} × ${side}`,
});

/**
 * The tasks that can be run: those that need no outside data first.
 *
 * @throws Error if the folder has no task
 */
export async function tasksOf(options: TaskOptions): Promise<TaskEntry[]> {
  const { data, weights } = options;
  const own = weights === undefined ? undefined : resnetOf(options);
  const tasks: TaskEntry[] = [
    { name: 'digits', load: () => digitsTask(own) },
    { name: 'sides', load: () => sidesTask(own) },
  ];
  if (data === undefined) return tasks;
  for (const [name, photographs] of Object.entries(PHOTOGRAPHS)) {
    if (!(await exists(join(data, name)))) continue;
    const on = async (backbone: Backbone, description: string) =>
      photographsTask(join(data, name), { ...photographs, backbone, description });
    const base = join(data, 'mobilenet-base');
    tasks.push({
      name,
      load: async () =>
        own
          ? on(await own.backbone(), own.description)
          : on(await mobilenet(base), 'MobileNet v1 with ImageNet’s weights, at 128 × 128'),
      loadAt: async (side) =>
        own
          ? on(await resnetOf(options, side).backbone(), own.description)
          : on(await mobilenet(base, side), `MobileNet v1 at ${side}`),
      loadSmall: async () => on(await MINI.backbone(), MINI.description),
    });
  }
  const zip = join(data, 'cifar10-train.zip');
  if (await exists(zip)) tasks.push({ name: 'cifar-10', load: () => cifarTask(zip, own) });
  if (!tasks.some(({ name }) => name in PHOTOGRAPHS || name === 'cifar-10')) {
    const known = [...Object.keys(PHOTOGRAPHS), basename(zip)].join(', ');
    throw new Error(`--data: expected a folder with any of ${known}, got "${data}"`);
  }
  return tasks;
}
