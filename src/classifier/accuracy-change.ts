import * as tf from '@tensorflow/tfjs';
import { present } from '../errors.js';
import type { ClassChange } from '../explain/class-changes.js';
import {
  countClasses,
  imageProbabilities,
  likeliest,
  readScores,
  scoreKindOf,
} from '../model/scores.js';
import { splitModel } from '../model/split.js';
import type { AnyPartFeatures } from '../pictures/set.js';
import { outputsFor, partHead } from '../train/part-head.js';
import { takeFrom } from '../train/take.js';
import type { Earlier } from './earlier.js';

/** Pictures per batch: a head takes little memory. */
const BATCH = 256;

/** The class that a head finds in each picture. */
async function classesBy(head: tf.LayersModel, values: tf.Tensor): Promise<number[]> {
  const parts = partHead(head);
  try {
    const probabilities = tf.tidy(() =>
      imageProbabilities(outputsFor(parts, values, BATCH), scoreKindOf('head', head)),
    );
    return likeliest(await readScores(probabilities), countClasses(head));
  } finally {
    parts.release();
  }
}

/**
 * Compares two classifiers on the pictures that were held out when the earlier one was trained.
 *
 * @param head that of the later one
 * @param now how many pictures it was trained and validated on, by class
 * @param held features of its validation pictures
 */
export async function changesSince(
  earlier: Earlier,
  head: tf.LayersModel,
  now: readonly number[],
  held: AnyPartFeatures | undefined,
): Promise<ClassChange[]> {
  const files = held?.files ?? [];
  const indices = [...files.keys()].filter((i) => earlier.isComparable(present(files[i], 'file')));
  const labels = indices.map((i) => present(files[i], 'file').label);
  let [before, after]: [number[], number[]] = [[], []];
  if (held !== undefined && indices.length > 0) {
    const values = await takeFrom(held, Int32Array.from(indices));
    const { head: old } = splitModel(earlier.model);
    try {
      before = await classesBy(old, values);
      after = await classesBy(head, values);
    } finally {
      old.dispose();
      values.dispose();
    }
  }
  return earlier.classes.map((className, label) => {
    const own = [...labels.keys()].filter((i) => labels[i] === label);
    const count = (holds: (wasRight: boolean, isRight: boolean) => boolean) =>
      own.filter((i) => holds(before[i] === label, after[i] === label)).length;
    return {
      className,
      pictures: { before: earlier.counts[label] ?? 0, now: now[label] ?? 0 },
      heldOut: own.length,
      right: { before: count((was) => was), now: count((_, is) => is) },
      gained: count((was, is) => !was && is),
      lost: count((was, is) => was && !is),
    };
  });
}
