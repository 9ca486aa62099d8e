import * as tf from '@tensorflow/tfjs';
import {
  type Names,
  PictureError,
  present,
  reject,
  requireKnown,
  requirePositiveInteger,
} from '../errors.js';
import { replayAll, unreached } from '../model/replay.js';
import { imageProbabilities, readScores, scoreKindOf } from '../model/scores.js';
import { baseOf, splitModel } from '../model/split.js';
import { pictureFiles } from '../pictures/files.js';
import type { RowChunk } from '../pictures/chunks.js';
import { type Extraction, featureKey } from '../pictures/rows.js';
import { partHead } from '../train/part-head.js';
import { hashModel } from '../weights/hash-model.js';
import {
  CLASSIFY_NAMES,
  type Current,
  familiarityOf,
  ranked,
  requireOptionsOf,
  type Subject,
} from './classify.js';
import type { ClassifiedFile, ClassifyFilesOptions } from './classified-file.js';
import { shareBeyond, UNFAMILIAR } from './familiarity/familiarity.js';
import { type FeatureView, featureViewOf } from './familiarity/view.js';
import type { ModelClassifier } from './model-classifier.js';
import type { Scorer } from './scorer.js';
import type { Classifier } from './types.js';

const NAMES: Names<ClassifyFilesOptions> = {
  ...CLASSIFY_NAMES,
  batchSize: true,
  cacheFolder: true,
  onProgress: true,
  onWarning: true,
  signal: true,
  strict: true,
};

/** Files whose answers come together. Decoding ahead ends with them, so that a few batches are better than one. */
const CHUNK_FILES = 128;

/** Values that are held for them, at most: 16 MB. */
const CHUNK_VALUES = 2 ** 22;

const DEFAULT_BATCH_SIZE = 16;

/** What of a classifier isn't in its interface. */
type Internals = Pick<ModelClassifier, 'lifetime' | 'subject'>;

function requireInternals(classifier: unknown): asserts classifier is Internals {
  const { lifetime, subject } = (classifier ?? {}) as Partial<Internals>;
  if (lifetime !== undefined && subject !== undefined) return;
  reject('classifier', 'one from loadClassifier() or trainClassifier()', classifier);
}

/** The key of a classifier's features: that of training, whose cache is used. */
async function keyOf(model: tf.LayersModel, format: Subject['format']): Promise<readonly string[]> {
  const { head } = splitModel(model);
  const parted = partHead(head);
  try {
    return await featureKey(await hashModel(baseOf(model)), format, parted.fixed);
  } finally {
    parted.release();
    head.dispose();
  }
}

/**
 * What is computed for each image: the features that the head begins with, or the scores of a model of which it isn't known where its
 * backbone ends.
 */
function extractionOf(
  { format, scoring }: Subject,
  model: tf.LayersModel,
  view: FeatureView | undefined,
): Extraction {
  const run = async (scorer: Scorer, pixels: tf.Tensor4D): Promise<tf.Tensor> =>
    view ? scorer.features(pixels, view) : (await scorer.run(pixels)).scores;
  const end = view?.features ?? present(model.outputs[0], 'output');
  return {
    inputSize: format.inputSize,
    shape: end.shape.slice(1) as number[],
    key: () => keyOf(model, format),
    // The classifier's own, which it keeps for the next call.
    start: () =>
      scoring.use(model, ({ engine }) =>
        Promise.resolve({
          name: engine,
          run: (pixels: tf.Tensor4D) => scoring.use(model, (scorer) => run(scorer, pixels)),
          dispose: () => Promise.resolve(),
        }),
      ),
  };
}

/** The probabilities of each picture, `[pictures, classes]`, and the distances of their features. */
async function scoresOf(
  { model, familiarity }: Current,
  view: FeatureView | undefined,
  shape: readonly number[],
  { data, files, views }: RowChunk,
) {
  const known = familiarity && (await familiarityOf(familiarity, model));
  const output = present(model.outputs[0], 'output');
  const [probabilities, distances] = tf.tidy(() => {
    const values = tf.tensor(data, [files.length * views, ...shape]);
    const [scores] = view
      ? replayAll([output], new Map([[view.features.id, values]]), unreached)
      : [values];
    const each = imageProbabilities(present(scores, 'scores'), scoreKindOf('model', model));
    const mean = each.reshape([files.length, views, -1]).mean<tf.Tensor2D>(1);
    // Familiarity is that of the pictures themselves.
    const own = tf.range(0, files.length * views, views, 'int32');
    return [mean, known?.distances(values.gather(own))];
  });
  return Promise.all([readScores(probabilities), distances && readScores(distances)]);
}

/** Yields what `rows` yields, while the classifier's model stays alive. */
async function* held<T>(
  { lifetime }: Internals,
  signal: AbortSignal | undefined,
  rows: AsyncGenerator<T>,
): AsyncGenerator<T> {
  const method = 'classifyFiles';
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  // If it can't be used, the first row says so.
  const use = lifetime.use(method, () => ended).catch(() => undefined);
  try {
    for (;;) {
      const next = await lifetime.use(method, () => rows.next(), signal);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await rows.return(undefined);
    end();
    await use;
  }
}

async function* answers(
  subject: Subject,
  paths: readonly string[],
  measures: boolean,
  options: ClassifyFilesOptions,
): AsyncGenerator<ClassifiedFile> {
  const { top = subject.classes.length, reject: rejects = false, views } = options;
  const { batchSize = DEFAULT_BATCH_SIZE, cacheFolder, strict, signal } = options;
  const { familiarity: space, ...current } = subject.current();
  const known = { ...current, familiarity: measures ? space : undefined };
  const { model } = current;
  const view = featureViewOf(model);
  if (view === undefined && cacheFolder !== undefined) {
    reject(
      'cacheFolder',
      'none for a classifier of which it isn’t known where its backbone ends',
      String(cacheFolder),
      'omit it',
    );
  }
  const files = paths.map((path) => ({ path, label: 0 }));
  let [answered, skipped] = [0, 0];
  const tell = (done: number) =>
    options.onProgress?.({
      ...{ label: 'classification', unit: 'pictures' },
      ...{ done, total: files.length },
    });
  const reading = {
    ...{ batchSize, views, strict, signal, cacheFolder, label: 'classification' as const },
    onWarning: (warning: Error) => {
      if (warning instanceof PictureError) skipped++;
      options.onWarning?.(warning);
    },
    // Those that are cached aren't in the total.
    onProgress: ({ done, total = 0 }: { readonly done: number; readonly total?: number }) => {
      tell(files.length - total + done + skipped);
    },
  };
  const extraction = extractionOf(subject, model, view);
  const chunkOf = (values: number) =>
    Math.max(batchSize, Math.min(CHUNK_FILES, Math.floor(CHUNK_VALUES / values)));
  tell(0);
  const node = pictureFiles.require('pictures', 'a page without paths', paths);
  for await (const chunk of node.rows(extraction, files, reading, chunkOf)) {
    signal?.throwIfAborted();
    const [probabilities, distances] = await scoresOf(known, view, extraction.shape, chunk);
    answered += chunk.files.length;
    tell(answered + skipped);
    const count = subject.classes.length;
    for (const [i, { path }] of chunk.files.entries()) {
      const own = probabilities.subarray(i * count, (i + 1) * count);
      const classes = ranked(subject.classes, own, known.thresholds);
      const familiarity =
        known.familiarity &&
        shareBeyond(known.familiarity.heldOut, present(distances?.[i], 'distance'));
      const isRejected = rejects && (familiarity ?? 1) < UNFAMILIAR;
      yield {
        path,
        ...(options.familiarity === true && familiarity !== undefined && { familiarity }),
        classes: isRejected ? [] : classes.slice(0, top),
      };
    }
  }
}

/** Implements `classifyFiles`. */
export async function* answersOf(
  classifier: Classifier,
  pictures: string | URL | readonly (string | URL)[],
  options: ClassifyFilesOptions,
): AsyncGenerator<ClassifiedFile> {
  requireInternals(classifier);
  requireKnown('options', options, NAMES);
  const { signal, batchSize = DEFAULT_BATCH_SIZE } = options;
  signal?.throwIfAborted();
  requirePositiveInteger('batchSize', batchSize);
  const { subject } = classifier;
  const measures = requireOptionsOf(subject, options);
  const node = pictureFiles.require('pictures', 'pictures for classify() in a page', pictures);
  const sources: unknown = pictures;
  const paths = await node.list(Array.isArray(sources) ? sources : [sources], signal);
  yield* held(classifier, signal, answers(subject, paths, measures, options));
}
