import { ENGINES } from '../engine/names.js';
import {
  ArgumentError,
  type Names,
  present,
  requireKnown,
  requireOneOf,
  requirePositiveNumber,
  show,
} from '../errors.js';
import { findSuspicious, type Suspicion } from '../explain/suspicious.js';
import { pooledHead } from '../head/pooled.js';
import { contentOf, firstsOf, requirePictureOfEach } from '../pictures/duplicates.js';
import { readPictures } from '../pictures/read.js';
import type { PartFeatures, PictureSet } from '../pictures/set.js';
import type { Pictures } from '../pictures/types.js';
import { requireViews } from '../pictures/views.js';
import { ofFits } from '../progress.js';
import { countsByClass } from '../stratify.js';
import { inMemory } from '../train/examples.js';
import { supplyKernels } from '../train/kernels.js';
import { type Folds, foldsToReview } from '../train/linear/folds.js';
import { outOfFold } from '../train/linear/out-of-fold.js';
import { labelsOfPictures } from '../train/without-views.js';
import type { LabelReview, ReviewOptions, SuspiciousLabel } from './review-options.js';
import type { Lesson } from './train.js';

/** How often labels are judged. */
const PASSES = 2;

const REVIEW_NAMES: Names<ReviewOptions> = {
  classes: true,
  cacheFolder: true,
  engine: true,
  l2: true,
  views: true,
  seed: true,
  strict: true,
  signal: true,
  onProgress: true,
  onWarning: true,
};

/** Checks the options, and finds the pictures. */
export async function readForReview(
  pictures: Pictures,
  options: ReviewOptions,
): Promise<PictureSet> {
  requireKnown('options', options, REVIEW_NAMES);
  const { classes, engine, l2, views, seed } = options;
  if (engine !== undefined) requireOneOf('engine', engine, ENGINES);
  if (l2 !== undefined) requirePositiveNumber('l2', l2);
  requireViews(views);
  return readPictures(pictures, { classes, seed, validation: 'joined' });
}

/** Computes the features of pictures; of copies of a file in one class, those of the first. */
async function featuresOf({ backbone, set }: Lesson, options: ReviewOptions) {
  const { classes, train } = set;
  const { cacheFolder, engine, views, strict, signal, onProgress, onWarning } = options;
  // A copy in another fold would confirm a wrong label.
  const { groups, part } = firstsOf(train);
  const features = await part.features(backbone, {
    ...{ cacheFolder, engine, views, strict, signal, onProgress, onWarning },
    ...{ head: pooledHead({ numClasses: classes.length }), label: 'features' },
  });
  return { groups, features };
}

/** @throws ArgumentError if each class has a single picture */
function foldsFor(
  labels: Int32Array,
  classes: readonly string[],
  { seed = 0, onWarning }: ReviewOptions,
): Folds {
  const folds = foldsToReview(labels, seed);
  if (folds === undefined) {
    throw new ArgumentError(
      `pictures: expected a class with two or more pictures, as a label is judged by the others, got ${labels.length} classes with one each; add pictures`,
    );
  }
  folds.of.forEach((fold, picture) => {
    if (fold !== -1) return;
    const name = show(classes[labels[picture] ?? -1]);
    onWarning?.(
      new ArgumentError(
        `class ${name}: expected two or more pictures, as a label is judged by the others, got 1; it is not reviewed`,
      ),
    );
  });
  return folds;
}

/** The pictures not to learn from: those with suspicious labels, unless most pictures of their class are. */
function untrusted(labels: Int32Array, suspicious: readonly Suspicion[]): number[] {
  const sizes = countsByClass(Array.from(labels, (label) => [label]));
  const found = countsByClass(suspicious.map(({ label }) => [label]));
  const isMinority = (label: number) => 2 * (found.get(label) ?? 0) <= (sizes.get(label) ?? 0);
  return suspicious.filter(({ label }) => isMinority(label)).map(({ index }) => index);
}

/**
 * Finds suspicious labels, twice: the second time without learning from those of the first, which hide others and
 * lower the probabilities of their class.
 *
 * @returns their indices among all pictures
 */
async function judge(
  features: PartFeatures,
  labels: Int32Array,
  folds: Folds,
  { classes, ...options }: { readonly classes: number } & Omit<ReviewOptions, 'classes'>,
): Promise<readonly Suspicion[]> {
  const { l2, seed = 0, signal, onProgress } = options;
  const { values, views } = features;
  await supplyKernels();
  const judged = Int32Array.from(labels.keys()).filter((picture) => folds.of[picture] !== -1);
  const own = judged.map((picture) => present(labels[picture], 'label'));
  const probabilitiesOf = async (pass: number, isTrusted?: (picture: number) => boolean) => {
    const all = await outOfFold(
      {
        ...{ kind: 'softmax', outputs: classes, l2, seed, signal },
        training: inMemory(values, features.labels, false, { views }),
        onFit: (done, most) => onProgress?.(ofFits(pass * most + done, PASSES * most)),
      },
      folds,
      isTrusted,
    );
    const probabilities = new Float32Array(judged.length * classes);
    judged.forEach((picture, i) => {
      probabilities.set(all.subarray(picture * classes, (picture + 1) * classes), i * classes);
    });
    return { probabilities, labels: own, classes };
  };
  const first = findSuspicious(await probabilitiesOf(0));
  if (first.length === 0) return [];
  const out = new Set(untrusted(own, first).map((each) => judged[each]));
  const found = findSuspicious(await probabilitiesOf(1, (each) => !out.has(each)), first);
  return found.map((each) => ({ ...each, index: present(judged[each.index], 'picture') }));
}

/** {@link reviewLabels}, once the pictures have been read. */
export async function reviewOn(lesson: Lesson, options: ReviewOptions): Promise<LabelReview> {
  const { classes, train, duplicates } = lesson.set;
  const { groups, features } = await featuresOf(lesson, options);
  try {
    const { files, indices, computed, engine } = features;
    if (train.files && files) requirePictureOfEach(classes, train.files, files);
    const { labels } = labelsOfPictures(features);
    const folds = foldsFor(labels, classes, options);
    const found = await judge(features, labels, folds, { ...options, classes: classes.length });
    const copiesOf = (picture: number) => {
      const file = files?.[picture];
      return file && present(groups.get(contentOf(file)), 'copies');
    };
    const suspicious = found.flatMap(({ index: picture, label, suggested, ...others }) => {
      const named = {
        label: present(classes[label], 'class'),
        suggested: present(classes[suggested], 'class'),
        ...others,
      };
      const copies = copiesOf(picture);
      return copies === undefined
        ? [{ path: undefined, index: indices?.[picture] ?? picture, ...named }]
        : copies.map(({ path }): SuspiciousLabel => ({ path, index: undefined, ...named }));
    });
    const pictures = folds.of.reduce(
      (sum, fold, each) => sum + (fold === -1 ? 0 : (copiesOf(each)?.length ?? 1)),
      0,
    );
    return { pictures, suspicious, ambiguous: duplicates.acrossClasses, computed, engine };
  } finally {
    features.values.dispose();
  }
}
