import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '../errors.js';
import { volume } from '../layers/cost/layer-cost.js';
import type { Shape } from '../layers/factory.js';
import { sha256 } from '../sha256.js';
import { Tolerant } from '../weights/download/tolerant.js';
import { parseSafetensors } from '../weights/formats/safetensors.js';
import { writeSafetensors } from '../weights/formats/write-safetensors.js';
import { fileBytes } from './read-file.js';
import { writeWhole } from './write-file.js';

const NAME = 'features';

/** Features of single pictures on disk, each in a file named by the picture's content. */
export interface FeatureCache {
  /** What was kept of a picture; nothing where nothing was, or where it is torn, foreign or damaged. */
  read(pictureSha256: string): Promise<Float32Array | undefined>;
  /** Keeps them, if the folder can be written: the first failure is told, and nothing more is written after that. */
  write(pictureSha256: string, features: Float32Array): Promise<void>;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/**
 * A cache of features in a folder, for one way of computing them.
 *
 * @param key whatever decides what is computed of a picture: the base, scaling, size, pooling
 * @param shape of one picture's features
 * @param onWarning told once where the folder can't be written
 */
export async function featureCache(
  folder: string,
  key: readonly string[],
  shape: Shape,
  onWarning?: (warning: Error) => void,
): Promise<FeatureCache> {
  const tolerant = new Tolerant((got, cause) => {
    onWarning?.(
      new ArgumentError(
        `${folder}: expected a cache to keep features in, got ${got}; they are computed all the same, and again next time`,
        { cause },
      ),
    );
  });
  const way = await sha256(JSON.stringify([...key, shape]));
  const place = join(folder, way);
  const pathOf = (picture: string) => join(place, `${picture}.safetensors`);
  return {
    async read(picture) {
      try {
        const file = parseSafetensors(await fileBytes(pathOf(picture)));
        const [array, ...others] = file.arrays;
        if (array === undefined || others.length > 0 || array.shape.join() !== shape.join()) {
          return undefined;
        }
        const { picture: own, sha256: expected } = file.metadata ?? {};
        const found = own === picture && (await sha256(bytesOf(array.data))) === expected;
        return found && array.data.length === volume(shape) ? array.data : undefined;
      } catch {
        // Not there, or no file of ours: it is computed anew.
        return undefined;
      }
    },
    async write(picture, data) {
      await tolerant.attempt(async () => {
        await mkdir(place, { recursive: true });
        const metadata = { picture, sha256: await sha256(bytesOf(data)) };
        const bytes = writeSafetensors([{ name: NAME, shape, data }], metadata);
        await writeWhole(pathOf(picture), bytes);
      });
    },
  };
}
