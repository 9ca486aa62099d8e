import type { Backbone } from '../backbone/backbone.js';
import type { FeatureOptions } from '../pictures/set.js';
import { imagesFor } from './extract-rows.js';
import { extractionOf } from './extract-files.js';

/**
 * Finds pictures whose features are cached, those of their views as well. Each is read once, as damaged ones can't be used.
 *
 * @param beginnings of the SHA-256 of each picture
 * @returns by these, the whole SHA-256 and a name for error messages
 */
export async function cachedPictures(
  backbone: Backbone,
  options: Omit<FeatureOptions, 'label' | 'onProgress'>,
  beginnings: readonly string[],
): Promise<ReadonlyMap<string, { readonly sha256: string; readonly path: string }>> {
  const found = new Map<string, { sha256: string; path: string }>();
  const length = beginnings[0]?.length;
  if (length === undefined || options.cacheFolder === undefined) return found;
  const { head, signal, ...rest } = options;
  const { extraction, dispose } = extractionOf(backbone, head);
  try {
    const images = await imagesFor(extraction, { ...rest, label: 'features' });
    const caches = images.flatMap(({ cache }) => cache ?? []);
    const wanted = new Set(beginnings);
    for (const [sha256, path] of (await caches[0]?.list()) ?? []) {
      const beginning = sha256.slice(0, length);
      if (!wanted.has(beginning)) continue;
      signal?.throwIfAborted();
      const rows = await Promise.all(caches.map((cache) => cache.read(sha256)));
      if (rows.every((row) => row !== undefined)) found.set(beginning, { sha256, path });
    }
    return found;
  } finally {
    dispose();
  }
}
