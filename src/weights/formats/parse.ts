import { WeightsError } from '../errors.js';
import type { WeightFile } from './named-array.js';
import { AS_SAFETENSORS } from './pytorch.js';
import { parseSafetensors } from './safetensors.js';
import { parseShardIndex, parseShards, type ReadBeside } from './shards.js';

/** HDF5's signature (HDF5 File Format Specification, II.A). */
const HDF5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Where the signature may be instead: after a user block, whose size is a power of two. */
const USER_BLOCKS = [512, 1024, 2048, 4096, 8192];
/** The first local file header of a zip archive (PKWARE APPNOTE, 4.3.7). */
const ZIP = [0x50, 0x4b, 0x03, 0x04];
/** Python's pickle, protocol 2 and up: PyTorch's older checkpoints. */
const PICKLE = [0x80];
const OPENING_BRACE = 0x7b;
const LESS_THAN = 0x3c;
const SAFETENSORS_BRACE_AT = 8;
/** The first line of a Git LFS pointer (git-lfs, docs/spec.md). */
const LFS_POINTER = [...new TextEncoder().encode('version https://git-lfs.github.com/spec/')];

const beginsWith = (bytes: Uint8Array, signature: readonly number[]): boolean =>
  signature.every((byte, i) => bytes[i] === byte);

/** What bytes that aren't weights may be, and what to do. */
function advice(bytes: Uint8Array): string {
  if (bytes.byteLength === 0) return 'the file is empty';
  if (beginsWith(bytes, LFS_POINTER)) {
    return 'this is a Git LFS pointer, not the file itself: download the file with `git lfs pull`';
  }
  if (beginsWith(bytes, PICKLE))
    return `this is a pickle, the older format of PyTorch; ${AS_SAFETENSORS}`;
  if (USER_BLOCKS.some((at) => beginsWith(bytes.subarray(at), HDF5))) {
    return 'this is HDF5 with a user block, which is not supported: save the weights again with Keras';
  }
  if (bytes[0] === LESS_THAN) {
    return 'this looks like a web page: open the address in a browser';
  }
  if (bytes[0] === OPENING_BRACE) {
    return 'this looks like JSON: if it is the model.json of a TensorFlow.js model, load it with tf.loadLayersModel';
  }
  return 'the file has another format, or is damaged';
}

/**
 * Parses a weight file. The format is detected from the content, not the name.
 *
 * @param beside reads the files that an index of sharded safetensors lists
 * @throws WeightsError if the format is unknown, or the file violates it
 */
export async function parseWeights(bytes: Uint8Array, beside?: ReadBeside): Promise<WeightFile> {
  // Parsers of Keras's formats are imported on demand: most pages don't need them.
  if (beginsWith(bytes, HDF5)) return (await import('./hdf5.js')).parseHdf5(bytes);
  if (beginsWith(bytes, ZIP)) return (await import('./keras-archive.js')).parseKerasArchive(bytes);
  const isText = bytes[0] === OPENING_BRACE && bytes[SAFETENSORS_BRACE_AT - 1] !== 0;
  if (bytes[SAFETENSORS_BRACE_AT] === OPENING_BRACE && !isText) return parseSafetensors(bytes);
  const index = isText ? parseShardIndex(bytes) : undefined;
  if (index !== undefined) {
    if (beside !== undefined) return parseShards(index, beside);
    throw new WeightsError(
      `weights: expected a weight file, got an index of ${index.size} safetensors files; load the index by its path or URL, with the files next to it`,
    );
  }
  const start = [...bytes.subarray(0, 8)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(' ');
  throw new WeightsError(
    `weights: expected HDF5, .keras or safetensors, got ${bytes.byteLength} bytes${start && ` that begin with ${start}`}; ${advice(bytes)}`,
  );
}
