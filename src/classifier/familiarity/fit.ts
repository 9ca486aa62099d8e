import * as tf from '@tensorflow/tfjs';
import { present } from '../../errors.js';
import { readAndDispose } from '../../model/dispose.js';
import { type Takeable, takeFrom } from '../../train/take.js';
import { type Familiarity, LEAST_HELD_OUT } from './familiarity.js';
import { describe, type Described, distancesTo, spaceOf } from './space.js';

/** Most training pictures that a space is fitted to, evenly from each class: 82 MB of descriptors with 2,048 channels. */
const MOST_PICTURES = 10_000;
/** Pictures that are described at once: 103 MB of a ResNet-50's maps. */
const BATCH = 256;
/** With fewer held-out pictures, training pictures are added by cross-validation: of 8, 8.4 % of new pictures lie beyond 95 %. */
const SMALLEST_VALIDATION = 200;
const FOLDS = 5;
/** Most distances that are kept: enough for familiarity in steps of a thousandth. */
const MOST_DISTANCES = 1000;

/** Features `[n, h, w, c]`, flattened or pooled, with the class of each picture. */
type Labelled = Takeable & { readonly labels: Int32Array };

/** The rows of each class. */
function rowsByClass(labels: Int32Array): number[][] {
  const rows = new Map<number, number[]>();
  labels.forEach((label, row) => {
    const own = rows.get(label);
    if (own === undefined) rows.set(label, [row]);
    else own.push(row);
  });
  return [...rows.values()];
}

/** At most so many values, evenly spaced and in their order. */
const spaced = <T>(values: ArrayLike<T>, most: number): T[] =>
  Array.from(
    { length: Math.min(most, values.length) },
    (_, i) => values[Math.floor((i * values.length) / Math.min(most, values.length))]!,
  );

/** Describes pictures, evenly from each class if there are many. The caller disposes the values. */
async function describeAll(all: Labelled, channels: number): Promise<Described> {
  const { labels } = all;
  const classes = rowsByClass(labels);
  const each = Math.max(1, Math.floor(MOST_PICTURES / classes.length));
  const rows = Int32Array.from(classes.flatMap((own) => spaced(own, each)));
  const parts: tf.Tensor2D[] = [];
  try {
    for (let from = 0; from < rows.length; from += BATCH) {
      const values = await takeFrom(all, rows.subarray(from, from + BATCH));
      parts.push(describe(values, channels));
      values.dispose();
    }
    return {
      labels: rows.map((row) => present(labels[row], 'label')),
      values: tf.concat(parts),
    };
  } finally {
    tf.dispose(parts);
  }
}

const distances = async (...of: Parameters<typeof distancesTo>): Promise<number[]> => [
  ...(await readAndDispose(distancesTo(...of))),
];

/** Distances of training pictures, each in a space that was fitted without it. */
async function crossDistances({ values, labels }: Described): Promise<number[]> {
  // A class's only picture is in every space: without it, the class would be missing.
  const fold = new Int32Array(labels.length).fill(FOLDS);
  for (const own of rowsByClass(labels)) {
    if (own.length > 1) own.forEach((row, i) => (fold[row] = i % FOLDS));
  }
  const found: number[] = [];
  for (let held = 0; held < FOLDS; held++) {
    const all = [...fold.keys()];
    const [inside, outside] = [true, false].map((isHeld) =>
      Int32Array.from(all.filter((row) => (fold[row] === held) === isHeld)),
    ) as [Int32Array, Int32Array];
    if (inside.length === 0 || outside.length === 0) continue;
    const [own, others] = tf.tidy((): [tf.Tensor2D, tf.Tensor2D] => [
      tf.gather(values, tf.tensor1d(inside, 'int32')),
      tf.gather(values, tf.tensor1d(outside, 'int32')),
    ]);
    try {
      const space = await spaceOf({
        values: others,
        labels: outside.map((row) => present(labels[row], 'label')),
      });
      found.push(...(await distances(space, own)));
    } finally {
      tf.dispose([own, others]);
    }
  }
  return found;
}

/**
 * Fits what tells how familiar a picture is, on the features of the training and the validation pictures.
 *
 * @returns undefined if fewer than 20 pictures can be held out, for validation or by cross-validation
 */
export async function fitFamiliarity(
  training: Labelled,
  validation: Labelled | undefined,
  channels: number,
): Promise<Familiarity | undefined> {
  const described = await describeAll(training, channels);
  let held: Described | undefined;
  try {
    held = validation && (await describeAll(validation, channels));
    const space = await spaceOf(described);
    const found = held ? await distances(space, held.values) : [];
    if (found.length < SMALLEST_VALIDATION) found.push(...(await crossDistances(described)));
    if (found.length < LEAST_HELD_OUT) return undefined;
    const ascending = Float32Array.from(found).sort();
    return { ...space, heldOut: Float32Array.from(spaced(ascending, MOST_DISTANCES)) };
  } finally {
    tf.dispose([described.values, held?.values]);
  }
}
