import * as tf from '@tensorflow/tfjs';
import { present, reject, show } from '../../errors.js';
import type { EngineName } from '../../engine/names.js';
import type { Head } from '../../head/head.js';
import type { LabelSet } from '../../label-sets.js';
import { buildHead } from '../../model/attach.js';
import type { FeatureFiles } from '../../pictures/feature-files.js';
import type {
  HashedFormat,
  Part,
  PictureSet,
  ReadOptions,
  WholeOptions,
  WholePart,
} from '../../pictures/set.js';
import { asksForShare, DEFAULT_SHARE, requireHoldOut } from '../../pictures/split.js';
import type { LabelledFile } from '../../pictures/types.js';
import { repeated } from '../../train/features.js';
import { partHead } from '../../train/part-head.js';
import { hashModel } from '../../weights/hash-model.js';
import { partsOfHashed, requireOwnParts } from '../images/parts.js';
import { fail } from '../images/table.js';
import { knownFiles, labelsAmong } from '../known-files.js';
import type { Manifest } from './manifest.js';
import type { TextColumn } from './parquet.js';

/** A folder of features, and how its pictures are found. */
export interface FeatureFolder {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly files: Omit<FeatureFiles, 'read'>;
  readonly read: FeatureFiles['read'];
  /** Passes on the texts of a column, one file after the other. */
  readonly texts: (
    column: TextColumn,
    take: (text: string | null, image: number) => void,
  ) => Promise<void>;
}

/** A picture that there are features of; whatever is done with files keeps what else they have. */
interface Row extends LabelledFile {
  /** Index of its first image. */
  readonly image: number;
  /** The part of a data set that it is of, if it has parts. */
  readonly split: string;
}

const REMEDY = 'pass the backbone that they were extracted with, or extract them again';

/** @throws ArgumentError unless this backbone computed the features */
async function requireSameBackbone(
  { folder, manifest: { backbone: own } }: FeatureFolder,
  backbone: HashedFormat,
): Promise<void> {
  const { name, preprocessing, inputSize } = backbone;
  const sha256 = await backbone.sha256();
  // The hash covers the input size, too, which tells more.
  const found = Object.entries({ inputSize, preprocessing, sha256 });
  const [key, value] =
    found.find(([name, each]) => show(each) !== show(own[name as keyof typeof own])) ?? [];
  if (key === undefined) return;
  const called = (by?: string) => (by === undefined ? '' : ` (${by})`);
  const what = `features of the backbone, whose ${key} is ${show(value)}${called(name)}`;
  const got = `those with another ${key}: ${show(own[key as keyof typeof own])}${called(own.name)}`;
  fail(folder, what, got, REMEDY);
}

/** @throws ArgumentError unless a head can learn from the features: they are whole maps, or pooled as it does */
async function requirePooled(
  { folder, manifest: { pooling, featureShape } }: FeatureFolder,
  head: Head | tf.LayersModel,
): Promise<void> {
  if (pooling === null) return;
  const isModel = head instanceof tf.LayersModel;
  const model = isModel ? head : buildHead(head, featureShape, { weights: 'pending' });
  const { fixed, release } = partHead(model);
  try {
    if (fixed && (await hashModel(fixed)) === pooling) return;
  } finally {
    release();
    if (!isModel) model.dispose();
  }
  const remedy = 'use that head, or extract whole maps (extract --head dense)';
  fail(folder, 'whole maps, or features pooled for this head', 'some pooled for another', remedy);
}

const refuse = (folder: string): never =>
  fail('pictures', 'pictures', `their features, in ${folder}`, 'pass the pictures');

/** A part of the pictures in a folder of features. */
function partOf(
  own: FeatureFolder,
  files: readonly LabelledFile[],
  labelSets: readonly LabelSet[] | undefined,
): Part {
  const { folder, manifest, read } = own;
  const { shape, featureShape, engine } = manifest;
  return {
    count: files.length,
    ...{ files, labelSets },
    isRepeatable: true,
    only: (some) => partOf(own, some, labelSets),
    // A promise, so that errors reject.
    features: () => Promise.resolve().then(() => refuse(folder)),
    batches: () => refuse(folder),
    stored: {
      views: manifest.viewKinds,
      async open(backbone, head, { isPlain = false }) {
        await requireSameBackbone(own, backbone);
        await requirePooled(own, head);
        const views = isPlain ? 1 : manifest.views;
        const first = Int32Array.from(files, (file) => (file as Row).image);
        const imageAt = (index: number) =>
          present(first[Math.floor(index / views)], 'picture') + (index % views);
        return {
          ...{ shape, featureShape, files, labelSets, computed: 0 },
          engine: engine.split('/')[0] as EngineName,
          labels: repeated(
            files.map(({ label }) => label),
            views,
          ),
          ...(views > 1 && { views }),
          read: (images) => read(images.map(imageAt)),
        };
      },
    },
  };
}

/** The pictures that there are features of. */
async function rowsOf({ manifest, files, texts }: FeatureFolder): Promise<Row[]> {
  const { views } = manifest;
  const { labels } = files;
  const paths = new Array<string | null>(labels.length);
  await texts('path', (text, image) => (paths[image] = text));
  const splits = new Array<string | null>(labels.length);
  await texts('split', (text, image) => (splits[image] = text));
  const rows = new Array<Row>(labels.length / views);
  await texts('sha256', (sha256, image) => {
    if (image % views > 0) return;
    const label = present(labels[image], 'label');
    rows[image / views] = {
      path: paths[image] ?? '',
      label,
      sha256: sha256 ?? undefined,
      image,
      split: splits[image] ?? 'train',
    };
  });
  return rows;
}

/** Whether pictures have several labels, as the folder says, or as it is asked for. */
function severalIn({ folder, manifest }: FeatureFolder, multiLabel = manifest.multiLabel): boolean {
  if (multiLabel || !manifest.multiLabel) return multiLabel;
  fail(
    folder,
    'one label per picture',
    'several',
    'extract them without multiLabel (--multi-label)',
  );
}

/** Finds the pictures to train on and to validate on, as they are found among picture files. */
export async function setOfFeatures(
  own: FeatureFolder,
  { validation, seed, multiLabel: asked }: ReadOptions,
): Promise<PictureSet> {
  const share = asksForShare(validation) ? validation : undefined;
  requireHoldOut({ validation: share ?? DEFAULT_SHARE, seed });
  const { folder } = own;
  if (asked === true && !own.manifest.multiLabel) {
    const remedy = 'leave multiLabel (--multi-label) out, or extract them with it';
    fail(folder, 'features of pictures with several labels', 'those with one each', remedy);
  }
  const multiLabel = severalIn(own, asked);
  const { classes, labelSets: known } = own.files;
  if (classes.length < 2) reject(folder, 'features of two or more classes', classes);
  const rows = await rowsOf(own);
  const [train, files, tests] = ['train', 'validation', 'test'].map((part) =>
    rows.filter(({ split }) => split === part),
  ) as [Row[], Row[], Row[]];
  const held = files.length === 0 ? undefined : { name: 'val', files };
  const unused = tests.length === 0 ? [] : [`${folder} (${tests.length} pictures of test)`];
  const listing = { place: folder, classes, train, labelSets: known, held, unused };
  requireOwnParts(listing, validation);
  const parts = await partsOfHashed(listing, [...train, ...files], {
    validation,
    seed,
    multiLabel,
  });
  const { duplicates, labelSets, validation: unseen } = parts;
  return {
    ...{ classes, duplicates, unused },
    train: partOf(own, parts.train, labelSets),
    validation: unseen.length === 0 ? undefined : partOf(own, unseen, labelSets),
  };
}

/** Finds the pictures to measure a classifier on. */
export async function wholeOfFeatures(
  own: FeatureFolder,
  known: readonly string[],
  options: WholeOptions = {},
): Promise<WholePart> {
  const multiLabel = severalIn(own, options.multiLabel ?? false);
  const { folder, files } = own;
  const { classes, labelSets } = files;
  const labels = labelsAmong(folder, classes, known);
  const all = await rowsOf(own);
  const of = (part: string) => all.filter(({ split }) => split === part);
  const [train, held] = [of('train'), of('validation')];
  const chosen = options.all === true || held.length === 0 ? [...train, ...held] : held;
  const rows = chosen.length > 0 ? chosen : of('test');
  const found = await knownFiles(folder, rows, { labels, labelSets, multiLabel });
  return { part: partOf(own, found.files, found.labelSets), ambiguous: found.ambiguous };
}
