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
import { findSuspicious } from '../explain/suspicious.js';
import { pooledHead } from '../head/pooled.js';
import { byContent, contentOf, requirePictureOfEach } from '../pictures/duplicates.js';
import { readPictures } from '../pictures/read.js';
import type { PartFeatures, PictureSet } from '../pictures/set.js';
import type { Pictures } from '../pictures/types.js';
import { requireViews } from '../pictures/views.js';
import { ofFits } from '../progress.js';
import { inMemory } from '../train/examples.js';
import { supplyKernels } from '../train/kernels.js';
import { foldsToReview } from '../train/linear/folds.js';
import { outOfFold } from '../train/linear/out-of-fold.js';
import { labelsOfPictures } from '../train/without-views.js';
import type { LabelReview, ReviewOptions, SuspiciousLabel } from './review-options.js';
import type { Lesson } from './train.js';

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
  const groups = byContent(train.files ?? []);
  // A copy in another fold would confirm a wrong label.
  const firsts = [...groups.values()].flatMap(([first]) => first ?? []);
  const part = train.only?.(firsts) ?? train;
  const features = await part.features(backbone, {
    ...{ cacheFolder, engine, views, strict, signal, onProgress, onWarning },
    ...{ head: pooledHead({ numClasses: classes.length }), label: 'features' },
  });
  return { groups, features };
}

/** The likely probabilities of each label, and which pictures can be judged. */
async function judge(
  features: PartFeatures,
  labels: Int32Array,
  classes: readonly string[],
  { l2, seed = 0, signal, onProgress, onWarning }: ReviewOptions,
) {
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
  await supplyKernels();
  const { values, views } = features;
  const probabilities = await outOfFold(
    {
      ...{ kind: 'softmax', outputs: classes.length, l2, seed, signal },
      training: inMemory(values, features.labels, false, { views }),
      onFit: (done, most) => onProgress?.(ofFits(done, most)),
    },
    folds,
  );
  return { probabilities, isJudged: (picture: number) => folds.of[picture] !== -1 };
}

/** {@link reviewLabels}, once the pictures have been read. */
export async function reviewOn(lesson: Lesson, options: ReviewOptions): Promise<LabelReview> {
  const { classes, train, duplicates } = lesson.set;
  const { groups, features } = await featuresOf(lesson, options);
  try {
    const { files, indices, computed, engine } = features;
    if (train.files && files) requirePictureOfEach(classes, train.files, files);
    const { labels } = labelsOfPictures(features);
    const { probabilities, isJudged } = await judge(features, labels, classes, options);
    const judged = Array.from(labels.keys()).filter(isJudged);
    const rows = judged.flatMap((picture) =>
      Array.from(probabilities.subarray(picture * classes.length, (picture + 1) * classes.length)),
    );
    const found = findSuspicious({
      probabilities: Float32Array.from(rows),
      labels: Int32Array.from(judged, (picture) => present(labels[picture], 'label')),
      classes: classes.length,
    });
    const copiesOf = (picture: number) => {
      const file = files?.[picture];
      return file && present(groups.get(contentOf(file)), 'copies');
    };
    const suspicious = found.flatMap(({ index: at, label, suggested, ...others }) => {
      const picture = present(judged[at], 'picture');
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
    const pictures = judged.reduce((sum, each) => sum + (copiesOf(each)?.length ?? 1), 0);
    return { pictures, suspicious, ambiguous: duplicates.acrossClasses, computed, engine };
  } finally {
    features.values.dispose();
  }
}
