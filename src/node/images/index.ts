export { imageBatches, type ImageBatch, type ImageBatchOptions } from './batches.js';
export { decodeImage, type DecodedImage, type ImageSize } from './decode.js';
export { ImageError } from './errors.js';
export {
  readImageFolder,
  type FolderImage,
  type ImageFolder,
  type ReadImageFolderOptions,
} from './folder.js';
export { type Duplicates } from './duplicates.js';
export { type Parts, type PartsOptions, readParts } from './parts.js';
export { splitImages, type HoldOutOptions, type ImageSplit } from './split.js';
