import type * as tf from '@tensorflow/tfjs';
import { PREPROCESSINGS } from '../base/preprocess.js';
import {
  ArgumentError,
  present,
  reject,
  requireOneOf,
  requireOptions,
  showList,
} from '../errors.js';
import type { Head } from '../head/head.js';
import { createTracer } from '../layers/trace.js';
import { requireHead } from '../model/attach.js';
import { requireFeatureMap, requireLayersModel } from '../model/check.js';
import { resolveFitOptions } from '../train/fit-head.js';
import { ENGINES } from './engine/engine.js';
import { requireImages } from './images/folder.js';
import { MOST_NAMES, type Parts } from './images/parts.js';
import { loadSharp } from './images/sharp.js';
import { requireSplit } from './images/split.js';
import { checkpointOf, requireCheckpoint } from './training-run.js';
import type { TrainFolderOptions } from './train-options.js';

/**
 * Checks what {@link trainFolder} can check before there is a base, so that none is fetched in vain.
 *
 * @throws ArgumentError on a wrong option, PackageError where sharp isn't installed
 */
export async function requireTrainOptions(options: TrainFolderOptions): Promise<void> {
  requireOptions('options', options);
  const { validation = 0.2, ...others } = options;
  const { head, preprocessing, out, seed, engine, resume = false } = others;
  requireHead(head);
  requireOneOf('preprocessing', preprocessing, PREPROCESSINGS);
  if (engine !== undefined) requireOneOf('engine', engine, ENGINES);
  if (typeof out !== 'string' || out === '') reject('out', 'the path of a folder', out);
  resolveFitOptions(head, others);
  requireSplit({ validation, ...(seed === undefined ? {} : { seed }) });
  if (resume) await requireCheckpoint(await checkpointOf(out));
  await loadSharp();
}

/** @returns the base's height and width */
export function requireBase(base: tf.LayersModel): readonly [height: number, width: number] {
  requireLayersModel('base', base);
  requireFeatureMap('base', base);
  const [, height, width, channels] = base.inputs[0]?.shape ?? [];
  if (typeof height !== 'number' || typeof width !== 'number') {
    throw new ArgumentError('base: expected a known height and width, got open ones');
  }
  if (channels !== 3) reject('base', 'one that takes pictures of 3 channels', channels);
  return [height, width];
}

/** Checks parts that were read before, of which no other share can be held out any more. */
export function requireParts(parts: Parts, validation: number | undefined): void {
  requireOptions('source', parts);
  const { classes, train, validation: held } = parts as Partial<Parts>;
  if (!Array.isArray(classes)) {
    reject('source', 'the path of a folder, or what readParts() gives', parts);
  }
  requireImages(train);
  requireImages(held);
  if (validation === undefined) return;
  reject('validation', 'none beside parts that were read', validation, 'hand it to readParts()');
}

/** Checks by shapes alone, without a weight, that a head has a score for each class. */
export function requireScores(head: Head, base: tf.LayersModel, classes: readonly string[]): void {
  const shape = requireFeatureMap('base', base).shape.slice(1) as number[];
  const { input, layers } = createTracer();
  const { shape: output } = head.apply(layers, input({ name: 'features', shape }));
  const scores = present(output.at(-1), 'the number of scores');
  // A single score tells two classes apart.
  if (Math.max(2, scores) === classes.length) return;
  reject(
    `head "${head.name}"`,
    `a score for each of ${classes.length} classes (${showList(classes, MOST_NAMES)})`,
    scores,
    `build it with numClasses: ${classes.length}`,
  );
}
