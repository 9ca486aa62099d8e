import type { Backbone } from '../../backbone/backbone.js';
import { ArgumentError, requireOneOf } from '../../errors.js';
import type { FeatureFiles } from '../../pictures/feature-files.js';
import type { FeatureOptions, PictureSet } from '../../pictures/set.js';
import { figures } from '../../numbers.js';
import { type FloatFormat, FLOAT_FORMATS } from '../../weights/formats/float-format.js';
import { floatToHalf, LARGEST_HALF } from '../../weights/formats/to-half.js';
import { safetensorsHeader } from '../../weights/formats/write-safetensors.js';
import { repeated } from '../../train/features.js';
import type { FeatureChunk } from '../../pictures/chunks.js';
import { extractChunks } from '../extract-files.js';
import { bytesOf } from '../../bytes.js';
import { requireOutside } from '../pictures.js';
import { buildFolder, requireFolder } from '../write/folder.js';
import { FEATURES, type FeatureIndex, INDEX_FILE, shardName, VERSION } from './format.js';
import { openFolder } from './read.js';

/** Values in a shard: 64 MB in float32. */
const SHARD_VALUES = 2 ** 24;

/** The smallest number that float16 has with full precision. */
const SMALLEST_HALF = 2 ** -14;

function toHalf(data: Float32Array): Uint16Array {
  let most = 0;
  for (const value of data) most = Math.max(most, Math.abs(value));
  // NaN fails the comparison, too.
  if (!(most <= LARGEST_HALF) || (most > 0 && most < SMALLEST_HALF)) {
    throw new ArgumentError(
      `dtype: expected a largest feature from ${figures(SMALLEST_HALF)} to ${LARGEST_HALF} in float16, got ${figures(most)}; use float32`,
    );
  }
  return floatToHalf(data);
}

/** A shard: its features, then the labels. */
function shardOf({ data, shape, files, views }: FeatureChunk, dtype: FloatFormat): Uint8Array[] {
  const values = bytesOf(dtype === 'float16' ? toHalf(data) : data);
  const own = repeated(
    files.map((file) => file.label),
    views,
  );
  const labels = bytesOf(own);
  const count = own.length;
  const header = safetensorsHeader([
    {
      ...{ name: 'features', dtype: dtype === 'float16' ? 'F16' : 'F32' },
      ...{ shape: [count, ...shape], byteLength: values.byteLength },
    },
    { name: 'labels', dtype: 'I32', shape: [count], byteLength: labels.byteLength },
  ]);
  return [header, values, labels];
}

/** Computes features and writes them to a folder, completely or not at all, one shard after the other. */
export async function writeFeatures(
  out: string | URL,
  backbone: Backbone,
  { classes, train }: Pick<PictureSet, 'classes' | 'train'>,
  { dtype, ...options }: FeatureOptions & { readonly dtype: FloatFormat },
): Promise<FeatureFiles> {
  requireOneOf('dtype', dtype, FLOAT_FORMATS);
  await requireOutside('cacheFolder', options.cacheFolder, train.place);
  await requireOutside('out', out, train.place);
  const folder = await requireFolder(out, FEATURES);
  await buildFolder(folder, FEATURES, async (put) => {
    const images: number[] = [];
    let index: FeatureIndex | undefined;
    const chunkOf = (values: number) => Math.floor(SHARD_VALUES / values);
    for await (const chunk of extractChunks(backbone, train.files ?? [], options, chunkOf)) {
      const { shape, featureShape, files, views } = chunk;
      await put(shardName(images.length), shardOf(chunk, dtype));
      images.push(files.length * views);
      const { labelSets } = train;
      index = {
        ...{ version: VERSION, classes, featureShape, shape, images, labelSets },
        ...(views > 1 && { views }),
      };
    }
    await put(INDEX_FILE, `${JSON.stringify(index, null, 2)}\n`);
  });
  return openFolder(folder);
}
