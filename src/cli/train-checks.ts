import { dirname } from 'node:path';
import { reject } from '../errors.js';
import { isModelName, isOnnx } from './backbone-flags.js';
import type { TrainFlags } from './train-flags.js';

/** Checks the folder to write to. */
export async function requirePlace(pictures: string, { out, backbone }: TrainFlags): Promise<void> {
  const [{ requireOut }, { realPlace }] = await Promise.all([
    import('../node/training-run.js'),
    import('../node/write/place.js'),
  ]);
  // A wrong path is reported by the code that reads or writes it.
  const place = (path: string) => realPlace(path).catch(() => path);
  if (isModelName(out)) {
    reject('--out', 'a folder whose name is not that of a model', out, `write ./${out}`);
  }
  const path = await place(out);
  const source = isModelName(backbone) ? undefined : await place(backbone);
  // The second is for a backbone given by its model.json.
  if (source !== undefined && [source, dirname(source)].includes(path)) {
    reject('--out', "a folder other than the backbone's", out, 'the backbone would be overwritten');
  }
  await requireOut(out, [pictures]);
}

/** Checks what `--int8` is passed with. */
export function requireQuantizable(flags: TrainFlags): void {
  if (flags.int8 !== true) return;
  if (isOnnx({ backbone: flags.backbone })) {
    const remedy = "quantise the file by ONNX Runtime's tools in Python";
    reject('--int8', 'another --backbone than an .onnx file', flags.backbone, remedy);
  }
  if (flags.engine === 'layers' || flags.engine === 'tensorflow') {
    reject('--int8', 'an engine of ONNX Runtime, or no --engine', flags.engine);
  }
}
