import type * as tf from '@tensorflow/tfjs';
import { present, requireKnown, requireOneOf } from '../errors.js';
import { onnxOf } from '../onnx/base.js';
import { splitModel } from '../model/split.js';
import { ONNX_FILE, WEIGHTS_FILE } from '../train/saved/files.js';
import { modelFiles } from '../train/saved/write-model.js';
import { FLOAT_FORMATS, type FloatFormat } from '../weights/formats/float-format.js';
import { hashModel } from '../weights/hash-model.js';
import { type Familiarity, FAMILIARITY_FILE } from './familiarity/familiarity.js';
import { familiarityBytes } from './familiarity/file.js';
import { sha256 } from '../sha256.js';
import type { ClassifierMetadata } from './metadata.js';
import type { SaveOptions } from './types.js';

/** Name of the file that a saved classifier has beside its model. */
export const METADATA_FILE = 'metadata.json';

/**
 * The files of a model, or of its head alone with the hash of the backbone that it needs. An ONNX backbone has a file of its own, which
 * keeps its number format.
 */
async function partFiles(
  model: tf.LayersModel,
  scope: 'all' | 'head',
  dtype: FloatFormat,
): Promise<
  Pick<ClassifierMetadata, 'baseSha256' | 'onnx'> & { files: Record<string, Uint8Array> }
> {
  const onnx = scope === 'all' ? onnxOf(model) : undefined;
  if (scope === 'all' && onnx === undefined) return { files: await modelFiles(model, dtype) };
  const { base, head } = splitModel(model);
  try {
    const files = await modelFiles(head, dtype);
    if (onnx === undefined) return { files, baseSha256: await hashModel(base) };
    return { files: { ...files, [ONNX_FILE]: onnx.bytes }, onnx: onnx.sha256 };
  } finally {
    head.dispose();
  }
}

/** A classifier's files by name. */
export async function classifierFiles(
  model: tf.LayersModel,
  metadata: ClassifierMetadata,
  familiarity: Familiarity | undefined,
  options: SaveOptions,
): Promise<Record<string, Uint8Array>> {
  requireKnown('options', options, { scope: true, dtype: true });
  const { scope = 'all', dtype = 'float32' } = options;
  requireOneOf('scope', scope, ['all', 'head']);
  requireOneOf('dtype', dtype, FLOAT_FORMATS);
  const { files, ...own } = await partFiles(model, scope, dtype);
  const known = familiarity && familiarityBytes(familiarity);
  const all = {
    ...{ ...metadata, ...own, scope },
    weightsSha256: await sha256(present(files[WEIGHTS_FILE], WEIGHTS_FILE)),
    ...(known && { familiarity: await sha256(known) }),
  };
  const json = JSON.stringify(all satisfies ClassifierMetadata, null, 2);
  return {
    ...files,
    [METADATA_FILE]: new TextEncoder().encode(`${json}\n`),
    ...(known && { [FAMILIARITY_FILE]: known }),
  };
}
