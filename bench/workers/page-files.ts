import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildPooledResnet, exportOnnx } from 'resnet-heads';
import { CLASSES, type Preparation } from './work.js';

/** The folder of what pages fetch, in that of all workers. */
export const PAGE_FILES = 'page';
/** Of pictures: the usual one, and one that a GPU in software computes in seconds. */
export const PAGE_SIZES = [224, 64] as const;

/** Writes the models that pages load. */
export const pageFiles: Readonly<Record<string, Preparation>> = {
  'page/write': async (folder) => {
    mkdirSync(join(folder, PAGE_FILES), { recursive: true });
    for (const size of PAGE_SIZES) {
      const path = join(folder, PAGE_FILES, `${size}.onnx`);
      if (existsSync(path)) continue;
      const model = buildPooledResnet({
        ...{ numClasses: CLASSES, inputShape: [size, size, 3], seed: 1 },
      });
      await model.save(`file://${join(folder, PAGE_FILES, `layers-${size}`)}`);
      await exportOnnx(model, path);
      model.dispose();
    }
    return () => undefined;
  },
};
