import { ArgumentError } from '../errors.js';
import { byContent, contentOf, pathsOf, requireOriginals } from '../pictures/duplicates.js';
import type { FeatureFiles } from '../pictures/feature-files.js';
import { readSet, readWhole } from '../pictures/opened-features.js';
import type { Part, PictureSet } from '../pictures/set.js';
import type { LabelledFile, Pictures } from '../pictures/types.js';

/** Options of {@link readForTraining}. */
export interface TrainingPictures {
  readonly classes?: readonly string[] | undefined;
  readonly validation?: number | Pictures | FeatureFiles | undefined;
  readonly multiLabel?: boolean | undefined;
  readonly exclude?: readonly (string | URL)[] | undefined;
  readonly seed?: number | undefined;
  /** Whether they are added to a classifier's pictures, as in `ReadOptions`. @default false */
  readonly isAddition?: boolean | undefined;
}

/** Checks that no object is in both parts. Only identity is compared, not the content of tensors. */
function requireOthers(train: Part, held: Part): void {
  const trained = new Set(train.objects);
  if (!held.objects?.some((object) => trained.has(object))) return;
  throw new ArgumentError(
    'validation: expected pictures that are not used for training, got some that are; remove them from one of the two',
  );
}

/** Removes copies of validation pictures from the training pictures. */
function withoutCopies(train: Part, held: Part): Pick<PictureSet, 'train' | 'duplicates'> {
  const contents = new Set(held.files?.map(contentOf));
  const isCopy = (file: LabelledFile) => contents.has(contentOf(file));
  const copies = new Set(train.files?.filter(isCopy));
  const kept = train.files?.filter((file) => !isCopy(file)) ?? [];
  const groups = [...byContent([...copies, ...(held.files ?? [])]).values()].filter((group) =>
    group.some((file) => copies.has(file)),
  );
  return {
    train: copies.size > 0 && train.only ? train.only(kept) : train,
    duplicates: { acrossClasses: [], acrossParts: pathsOf(groups) },
  };
}

/** Reads pictures to train on, and the validation pictures, which are held out of them or passed separately. */
export async function readForTraining(
  pictures: Pictures | FeatureFiles,
  { validation, ...options }: TrainingPictures,
): Promise<PictureSet> {
  if (validation === undefined || typeof validation === 'number') {
    return readSet(pictures, { ...options, validation });
  }
  const set = await readSet(pictures, { ...options, validation: 'none' });
  const multiLabel = options.multiLabel ?? set.train.labelSets !== undefined;
  const { part } = await readWhole('validation', validation, set.classes, { multiLabel });
  requireOthers(set.train, part);
  const { train, duplicates } = withoutCopies(set.train, part);
  if (train.files?.length === 0) {
    throw new ArgumentError(
      'validation: expected pictures that are not used for training, got copies of all training pictures; pass others, or a fraction such as 0.2',
    );
  }
  if (train.files) {
    requireOriginals(train.place ?? 'pictures', set.classes, train.files, train.labelSets);
  }
  const { acrossClasses } = set.duplicates;
  return { ...set, train, validation: part, duplicates: { ...duplicates, acrossClasses } };
}
