import { modelFilesOfNode } from '../backbone/model-files.js';
import { backendPackages } from '../backend.js';
import { classifierFolders } from '../classifier/node.js';
import { nodeEngines } from '../engine/start.js';
import { exportFiles } from '../convert/node.js';
import { featureFolders } from '../pictures/feature-files.js';
import { pictureFiles } from '../pictures/files.js';
import { weightFiles } from '../weights/surroundings.js';
import { diskCache } from './disk-cache.js';
import { toPath } from './folder-files.js';
import { mirrorOfUser } from './mirror.js';
import { readBytes, readWeightFile } from './read-file.js';
import { placeOf } from './write/place.js';

/** Provides what only Node can do. Each module is imported on first use. */
export function provideNode(): void {
  weightFiles.provide({
    surroundings(folder) {
      const mirror = mirrorOfUser();
      return {
        cache: diskCache(folder === undefined ? {} : { folder: placeOf('cacheFolder', folder) }),
        readFile: readWeightFile,
        ...(mirror && { mirror }),
      };
    },
  });
  modelFilesOfNode.provide({
    load: async (path, integrity) =>
      (await import('./load-model-folder.js')).loadModelFolder(toPath(path), integrity),
    read: (path) => readBytes(path, 'the path of a file'),
  });
  pictureFiles.provide({
    readPictures: async (...args) => (await import('./pictures.js')).readPictureFiles(...args),
    readPart: async (...args) => (await import('./pictures.js')).readKnownFiles(...args),
    list: async (sources, signal) =>
      (await import('./list-pictures.js')).listPictures(sources, { signal }),
    cached: async (...args) => (await import('./cached-pictures.js')).cachedPictures(...args),
    async *rows(...args) {
      yield* (await import('./extract-rows.js')).extractRows(...args);
    },
    async decode(source, [height, width]) {
      const { decodeImage } = await import('./images/decode.js');
      const file = source instanceof Uint8Array ? source : toPath(source);
      return (await decodeImage(file, { height, width })).pixels;
    },
    async decodeWhole(source, sizeOf) {
      const { openImage } = await import('./images/decode.js');
      const { upright, decode } = await openImage(
        source instanceof Uint8Array ? source : toPath(source),
      );
      const size = sizeOf([upright.height, upright.width]);
      const [height, width] = size;
      return { size, pixels: (await decode({ height, width })).pixels };
    },
  });
  featureFolders.provide({
    open: async (...args) => (await import('./features/read.js')).openFolder(...args),
    write: async (...args) => (await import('./features/write.js')).writeFeatures(...args),
  });
  classifierFolders.provide({
    read: async (...args) => (await import('./classifier-folder.js')).readClassifierFolder(...args),
    write: async (...args) => (await import('./classifier-folder.js')).writeClassifier(...args),
    openRun: async (...args) => (await import('./training-run.js')).openRun(...args),
    requireImageFile: async (...args) =>
      (await import('./write-image.js')).requireImageFile(...args),
    writeImage: async (...args) => (await import('./write-image.js')).writeImage(...args),
    encodeJpeg: async (...args) => (await import('./write-image.js')).encodeJpeg(...args),
    requireReport: async (...args) => (await import('./report-file.js')).requireReport(...args),
    writeReport: async (...args) => (await import('./report-file.js')).writeReport(...args),
  });
  nodeEngines.provide({
    start: async (...args) => (await import('./engine/index.js')).startNodeEngine(...args),
    check: async (name) => (await import('./engine/index.js')).checkEngine(name),
  });
  exportFiles.provide({
    writeOnnx: async (...args) => (await import('./export-onnx.js')).writeOnnx(...args),
    writeSavedModel: async (...args) =>
      (await import('./export-saved-model.js')).writeSavedModel(...args),
  });
  backendPackages.provide({
    loadFastest: async () => (await import('./backend.js')).loadFastest(),
    loadTfjsNode: async (name) => (await import('./tfjs-node.js')).loadTfjsNode(name),
    loadWebgpu: async () => (await import('./webgpu.js')).loadWebgpu(),
  });
}
