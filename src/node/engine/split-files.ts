import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withExternalKernels } from '../../export/onnx/external.js';
import { inPieces } from '../../export/protobuf.js';
import { inMemory, type Store } from '../../onnxruntime/task-file.js';

const MODEL = 'model.onnx';
const KERNELS = 'kernels.bin';

/**
 * Writes a model to temporary files, which takes a third less memory for a ResNet-50 while ONNX Runtime loads it. Without space for
 * them the model stays in memory.
 */
export const splitFiles: Store = async (model) => {
  const folder = await mkdtemp(join(tmpdir(), 'resnet-heads-engine-')).catch(() => undefined);
  if (folder === undefined) return inMemory(model);
  // Windows doesn't remove files that are mapped into memory: it fails until the session is released.
  const remove = () => rm(folder, { recursive: true, force: true }).catch(() => undefined);
  try {
    const files = withExternalKernels(model, KERNELS);
    await writeFile(join(folder, KERNELS), inPieces(files.kernels));
    await writeFile(join(folder, MODEL), inPieces(files.model));
    return { file: join(folder, MODEL), remove };
  } catch {
    await remove();
    return inMemory(model);
  }
};
