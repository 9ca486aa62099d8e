import { WeightsError } from '../errors.js';
import type { WeightFile } from './named-array.js';
import { AS_SAFETENSORS } from './pytorch.js';
import { parseSafetensors } from './safetensors.js';
import { parseShardIndex, parseShards, type ReadBeside } from './shards.js';

/** HDF5's signature (HDF5 File Format Specification, II.A). */
const HDF5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Where else it may be: after a block of its user's, whose size is a power of two. */
const USER_BLOCKS = [512, 1024, 2048, 4096, 8192];
/** The first local file header of a zip archive (PKWARE APPNOTE, 4.3.7). */
const ZIP = [0x50, 0x4b, 0x03, 0x04];
/** Python's pickle, protocol 2 and up, in which PyTorch wrote its older checkpoints. */
const PICKLE = [0x80];
const OPENING_BRACE = 0x7b;
const LESS_THAN = 0x3c;
const SAFETENSORS_BRACE_AT = 8;
/** The first line of a pointer (git-lfs, docs/spec.md). */
const LFS_POINTER = [...new TextEncoder().encode('version https://git-lfs.github.com/spec/')];

const beginsWith = (bytes: Uint8Array, signature: readonly number[]): boolean =>
  signature.every((byte, i) => bytes[i] === byte);

/** What bytes may be that are no weights, and what to do about it. */
function advice(bytes: Uint8Array): string {
  if (bytes.byteLength === 0) return 'the file is empty';
  if (beginsWith(bytes, LFS_POINTER)) {
    return 'this is a pointer of Git LFS in place of the file: fetch the file itself, by `git lfs pull`';
  }
  if (beginsWith(bytes, PICKLE))
    return `this is a pickle, as PyTorch wrote them; ${AS_SAFETENSORS}`;
  if (USER_BLOCKS.some((at) => beginsWith(bytes.subarray(at), HDF5))) {
    return "this is HDF5 after a block of its user's, which is not supported: save the weights again with Keras";
  }
  if (bytes[0] === LESS_THAN) {
    return 'this looks like a web page in place of a file: look at what the address gives';
  }
  if (bytes[0] === OPENING_BRACE) {
    return 'this looks like JSON: of a TensorFlow.js model, load model.json and its weights by tf.loadLayersModel';
  }
  return 'it is of another format, or damaged';
}

/**
 * Reads a weight file, whose format is told by its content and not by its name.
 *
 * @param beside reads the files that an index of sharded safetensors names
 * @throws WeightsError where it is none of the formats, or breaks the one that it is
 */
export async function parseWeights(bytes: Uint8Array, beside?: ReadBeside): Promise<WeightFile> {
  // Keras's formats are loaded when one is met: most pages never see a file of theirs.
  if (beginsWith(bytes, HDF5)) return (await import('./hdf5.js')).parseHdf5(bytes);
  if (beginsWith(bytes, ZIP)) return (await import('./keras-archive.js')).parseKerasArchive(bytes);
  const isText = bytes[0] === OPENING_BRACE && bytes[SAFETENSORS_BRACE_AT - 1] !== 0;
  if (bytes[SAFETENSORS_BRACE_AT] === OPENING_BRACE && !isText) return parseSafetensors(bytes);
  const index = isText ? parseShardIndex(bytes) : undefined;
  if (index !== undefined) {
    if (beside !== undefined) return parseShards(index, beside);
    throw new WeightsError(
      `weights: expected a whole file, got an index of ${index.size} safetensors files; load it by its path or URL, with those beside it`,
    );
  }
  const start = [...bytes.subarray(0, 8)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(' ');
  throw new WeightsError(
    `weights: expected HDF5, .keras or safetensors, got ${bytes.byteLength} bytes that begin ${start || 'nowhere'}; ${advice(bytes)}`,
  );
}
