import { WeightsError } from '../errors.js';
import type { WeightFile } from './named-array.js';
import { parseSafetensors } from './safetensors.js';

/** HDF5's signature (HDF5 File Format Specification, III.A). */
const HDF5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** The first local file header of a zip archive (PKWARE APPNOTE, 4.3.7). */
const ZIP = [0x50, 0x4b, 0x03, 0x04];
/** Python's pickle, protocol 2 and up, in which PyTorch wrote its older checkpoints. */
const PICKLE = [0x80];
const OPENING_BRACE = 0x7b;
const SAFETENSORS_BRACE_AT = 8;

const beginsWith = (bytes: Uint8Array, signature: readonly number[]): boolean =>
  signature.every((byte, i) => bytes[i] === byte);

/**
 * Reads a weight file, whose format is told by its content and not by its name.
 *
 * @throws WeightsError where it is none of the formats, or breaks the one that it is
 */
export async function parseWeights(bytes: Uint8Array): Promise<WeightFile> {
  // Keras's formats are loaded when one is met: most pages never see a file of theirs.
  if (beginsWith(bytes, HDF5)) return (await import('./hdf5.js')).parseHdf5(bytes);
  if (beginsWith(bytes, ZIP)) return (await import('./keras-archive.js')).parseKerasArchive(bytes);
  if (bytes[SAFETENSORS_BRACE_AT] === OPENING_BRACE) return parseSafetensors(bytes);
  const start = [...bytes.subarray(0, 8)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(' ');
  const advice = beginsWith(bytes, PICKLE)
    ? 'this looks like a PyTorch checkpoint: save it as safetensors'
    : 'a web page in place of a file, perhaps: look at what the address gives';
  throw new WeightsError(
    `weights: expected HDF5, .keras or safetensors, got ${bytes.byteLength} bytes that begin ${start || 'nowhere'}; ${advice}`,
  );
}
