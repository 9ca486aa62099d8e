import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOf } from '../bytes.js';
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

/** Caches features on disk, one file per picture, named by the picture's content. */
export interface FeatureCache {
  /** Reads a picture's features; undefined if they aren't cached, or the file is incomplete, foreign or damaged. */
  read(pictureSha256: string): Promise<Float32Array | undefined>;
  /** Stores features. If that fails, the first failure is reported, and nothing more is written. */
  write(pictureSha256: string, features: Float32Array): Promise<void>;
  /** Paths of the files that there are, by the SHA-256 of their picture. */
  list(): Promise<ReadonlyMap<string, string>>;
}

/**
 * A cache of features in a folder, for one way of computing them.
 *
 * @param key whatever determines the result: the base, scaling, size, pooling
 * @param shape of one picture's features
 * @param onWarning called once if the folder can't be written
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
        `${folder}: expected a folder to cache features in, got ${got}; they are computed but not cached`,
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
        // Missing, or not our file: the features are computed again.
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
    async list() {
      // Nothing has been cached if there is no such folder.
      const names = await readdir(place).catch(() => []);
      const pictures = names.flatMap(
        (name) => /^([\da-f]{64})\.safetensors$/.exec(name)?.[1] ?? [],
      );
      return new Map(pictures.map((picture) => [picture, pathOf(picture)]));
    },
  };
}
