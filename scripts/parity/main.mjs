/**
 * Full-size weight files, written by Keras, loaded by this package and run side by side; and the other way round,
 * topologies, SavedModels and ONNX files that this package writes, run by Keras, TensorFlow and ONNX Runtime, and its features
 * in Parquet files, read by pyarrow, DuckDB and polars.
 *
 *     npm run test:parity
 *
 * Makes itself a Python environment (once, in the user's cache), writes some 2 GB of files into a
 * temporary folder, and prints how far the answers are apart. Exits with 1 where that is too far.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { python, run } from '../shared/python.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'resnet-heads-parity-'));
const tsx = join(here, '../../node_modules/.bin/tsx');
try {
  run(python(), join(here, 'write_weights.py'), folder);
  run(tsx, join(here, 'check-weights.ts'), folder);
  run(python(), join(here, 'write_keras3.py'), folder);
  run(tsx, join(here, 'check-keras3.ts'), folder);
  const savedModels = join(folder, 'saved-models');
  mkdirSync(savedModels);
  run(tsx, join(here, 'write-saved-models.ts'), savedModels);
  run(python(), join(here, 'check_saved_models.py'), savedModels);
  run(tsx, join(here, 'write-onnx.ts'), folder);
  run(python(), join(here, 'check_onnx.py'), folder);
  run(tsx, join(here, 'write-topologies.ts'), folder);
  run(python(), join(here, 'check_topologies.py'), folder);
  run(tsx, join(here, 'write-features.ts'), folder);
  run(python(join(here, 'readers.txt')), join(here, 'check_features.py'), folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
