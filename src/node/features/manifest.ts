import type { Preprocessing } from '../../base/preprocess.js';
import { requireNames } from '../../classifier/metadata.js';
import {
  ArgumentError,
  reject,
  requireLabels,
  requireMapShape,
  requireOneOf,
  requireOptions,
  requirePositiveInteger,
  show,
} from '../../errors.js';
import type { Shape } from '../../layers/factory.js';
import type { ViewKind } from '../../pictures/views.js';
import { type FloatFormat, FLOAT_FORMATS } from '../../weights/formats/float-format.js';
import { fail } from '../images/table.js';
import type { Store } from './store.js';

export const MANIFEST_FILE = '_manifest.json';
/** Where features can be written to. */
export const EXPECTED = 'a new folder, an empty one, or one of features';
/** Increased whenever the format changes, so that older versions reject the folder. */
export const VERSION = 1;

const DIGITS = 5;
const padded = (number: number): string => String(number).padStart(DIGITS, '0');

/** The file of a shard, counted from 0. */
export const shardName = (index: number, shards: number): string =>
  `features-${padded(index)}-of-${padded(shards)}.parquet`;

const SHARD_FILE = /^features-\d{5,}-of-\d{5,}\.parquet$/;

/** @throws ArgumentError if names aren't those of files of features, or there are shards only */
export function requireFeatureNames(names: readonly string[]): void {
  const foreign = names.find((name) => name !== MANIFEST_FILE && !SHARD_FILE.test(name));
  if (foreign !== undefined) {
    fail('out', EXPECTED, `one with ${foreign}`, 'pass another folder, or remove that file');
  }
  if (names.length === 0 || names.includes(MANIFEST_FILE)) return;
  const remedy = 'put that file back, pass another folder, or remove the shards';
  fail('out', EXPECTED, `shards without ${MANIFEST_FILE}`, remedy);
}

/** Content of `_manifest.json`: what determines the features. Every worker writes the same. */
export interface Manifest {
  readonly version: typeof VERSION;
  /** How many files there are. */
  readonly shards: number;
  readonly pictures: {
    /** How many are listed; null for tar files, which aren't read before. */
    readonly count: number | null;
    /** SHA-256 of the list: paths and labels. */
    readonly sha256: string;
  };
  /** In the order of the scores of a head; null if they aren't known before all pictures are read. */
  readonly classes: readonly string[] | null;
  /** Whether a label is a list of classes, separated by `|`. */
  readonly multiLabel: boolean;
  readonly backbone: {
    /** What it is called where it was loaded; anything else identifies it. */
    readonly name?: string;
    readonly sha256: string;
    readonly preprocessing: Preprocessing;
    readonly inputSize: readonly [height: number, width: number];
  };
  /** SHA-256 of the head's pooling; null for the backbone's whole feature map. */
  readonly pooling: string | null;
  /** The backbone's feature map `[h, w, c]`. */
  readonly featureShape: Shape;
  /** Shape of the features in a row. */
  readonly shape: Shape;
  /** How many consecutive rows are one picture: itself, then its views. */
  readonly views: number;
  readonly viewKinds: readonly ViewKind[];
  readonly dtype: FloatFormat;
  /** Name of the engine; of the layers, with the backend of TensorFlow.js: `layers/wasm`. */
  readonly engine: string;
}

/** Of ten pictures each, a set of ten million. */
const MOST_SHARDS = 1_000_000;

const HASH = /^[\da-f]{64}$/;
/** Enough to tell hashes apart. */
const SHORT_HASH = 12;

/** @throws ArgumentError if it isn't the content of a `_manifest.json` */
export function requireManifest(value: unknown): asserts value is Manifest {
  requireOptions(MANIFEST_FILE, value);
  const found = value as Partial<Manifest>;
  const at = (name: string) => `${MANIFEST_FILE}.${name}`;
  if (found.version !== VERSION) {
    reject(
      at('version'),
      String(VERSION),
      found.version,
      'another version of resnet-heads wrote it',
    );
  }
  requirePositiveInteger(at('shards'), found.shards);
  if (found.shards > MOST_SHARDS) reject(at('shards'), `at most ${MOST_SHARDS}`, found.shards);
  requirePositiveInteger(at('views'), found.views);
  const { count, sha256 } = Object(found.pictures) as Partial<Manifest['pictures']>;
  if (count !== null) requirePositiveInteger(at('pictures.count'), count);
  if (!HASH.test(String(sha256))) reject(at('pictures.sha256'), 'a SHA-256', sha256);
  if (found.classes !== null) requireNames(at('classes'), found.classes);
  requireMapShape(at('featureShape'), found.featureShape);
  requireLabels(at('shape'), found.shape);
  if (!found.shape.every((size) => size > 0)) {
    reject(at('shape'), 'sizes above 0', found.shape);
  }
  requireOneOf(at('dtype'), found.dtype, FLOAT_FORMATS);
  if (typeof found.engine !== 'string') reject(at('engine'), 'a name', found.engine);
  const backbone = Object(found.backbone) as Partial<Manifest['backbone']>;
  if (!HASH.test(String(backbone.sha256))) {
    reject(at('backbone.sha256'), 'a SHA-256', backbone.sha256);
  }
}

/** Reads a manifest; undefined if there is none. */
export async function readManifest(store: Store): Promise<Manifest | undefined> {
  const text = await store.text(MANIFEST_FILE);
  if (text === undefined) return undefined;
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    fail(`${store.name}/${MANIFEST_FILE}`, 'JSON', 'something else', 'extract them again');
  }
  requireManifest(found);
  return found;
}

/** A manifest, or a part of one, as text without what only informs. */
export const identityOf = (value: unknown): string =>
  JSON.stringify(value, (key, each: unknown) => (key === 'name' ? undefined : each));

/** The words of an error about a part of the manifest. */
const WORDS: Readonly<Partial<Record<keyof Manifest, string>>> = {
  shards: 'number of shards',
  pictures: 'list of pictures',
  multiLabel: 'kind of labels',
  pooling: 'head',
  viewKinds: 'views',
  dtype: 'number format',
};

/** A part of the manifest in an error: of a hash its beginning, and of a list of pictures how many they are. */
function told(value: unknown): string {
  if (typeof value === 'string' && HASH.test(value)) return value.slice(0, SHORT_HASH);
  if (value === null || !(value instanceof Object)) return show(value);
  if ('count' in value)
    return `${show(value.count)} pictures, ${told((value as Partial<Manifest['pictures']>).sha256)}`;
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'string' && HASH.test(each) ? told(each) : each,
  );
}

const REMEDY = 'pass another folder, or remove it';

/** How an extraction that another engine has begun can continue. */
function orContinue(begun: string, own: string): string {
  const [[engine, backend], [ownEngine]] = [begun.split('/'), own.split('/')];
  return engine === ownEngine
    ? `, or continue where TensorFlow.js runs on ${show(backend)}`
    : `, or continue with --engine ${String(engine)}`;
}

/**
 * Checks that features in a place are those of the same extraction.
 *
 * @param own without an engine if nothing remains to be computed
 */
export function requireSame(store: Store, there: Manifest, own: Partial<Manifest>): void {
  for (const [key, value] of Object.entries(own)) {
    const other = there[key as keyof Manifest];
    if (identityOf(value) === identityOf(other)) continue;
    const what = WORDS[key as keyof Manifest] ?? key;
    throw new ArgumentError(
      `out: expected a new folder, or one with features of the same extraction, got ${store.name} with another ${what}: ${told(other)}, not ${told(value)}; ${REMEDY}${key === 'engine' ? orContinue(there.engine, own.engine ?? '') : ''}`,
    );
  }
}
