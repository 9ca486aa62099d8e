import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '../errors.js';
import { MODEL_FILE, ONNX_FILE } from '../train/saved/files.js';
import { download } from '../weights/download/download.js';
import type { DownloadOptions } from '../weights/download/options.js';
import { readArchiveConfig } from '../weights/formats/keras-archive.js';
import { readBytes } from './read-file.js';

/** The first bytes of a zip archive, and of HDF5. */
const ZIP = 0x50;
const HDF5 = 0x89;
/** The first byte of an ONNX file: the tag of its version. */
const ONNX = 0x08;

const EXPECTED =
  'the path or URL of a model.json, a .keras file or an ONNX file, or a folder with a model.json';

/** The file that holds a model's topology: in a folder, its `model.json`. */
async function fileOf(source: string): Promise<string> {
  const isFolder = await stat(source).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  if (!isFolder) return source;
  if (existsSync(join(source, ONNX_FILE))) {
    throw new ArgumentError(
      `${source}: expected a folder of one model, got a classifier with an ONNX backbone; inspect its ${ONNX_FILE} (with --input, if it takes any size), or its ${MODEL_FILE} for the head`,
    );
  }
  return join(source, MODEL_FILE);
}

/**
 * Reads a model's topology for `analyze`, from a TensorFlow.js `model.json` or a `.keras` archive, distinguished by content. No
 * weights are read, and nothing is cached. An ONNX file is returned as it is.
 *
 * @param source a path, also of a folder with a `model.json`, or an http(s) URL
 * @throws ArgumentError if there is no such file or it has no topology, WeightsError if it can't be downloaded or is damaged
 */
export async function readTopologyFile(
  source: string,
  options: DownloadOptions = {},
): Promise<object | Uint8Array> {
  const bytes = /^https?:/.test(source)
    ? (await download(source, options)).bytes
    : await readBytes(await fileOf(source), EXPECTED);
  if (bytes[0] === ONNX) return bytes;
  const topology = bytes[0] === ZIP ? await readArchiveConfig(bytes) : parseJson(source, bytes);
  if (typeof topology !== 'object' || topology === null) {
    throw new ArgumentError(`${source}: expected a model's topology, got ${String(topology)}`);
  }
  return topology;
}

function parseJson(source: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    const advice =
      bytes[0] === HDF5
        ? 'this is HDF5: save the model as .keras, or convert it to a layers model'
        : 'is it a model.json, a .keras file or an ONNX file?';
    throw new ArgumentError(
      `${source}: expected JSON, a .keras archive or ONNX, got none of them; ${advice}`,
      {
        cause,
      },
    );
  }
}
