import type { Engine } from '../../engine/engine.js';
import { present } from '../../errors.js';
import type { PassOptions } from '../../pictures/set.js';
import { VIEWS } from '../../pictures/view-pixels.js';
import type { ViewKind } from '../../pictures/views.js';
import { computeRows } from '../extract-rows.js';
import { byteBatches } from '../images/batches.js';
import { viewBytes } from '../images/view-bytes.js';
import type { Entry } from './source.js';

/** A picture with its features. */
interface Computed {
  readonly entry: Entry;
  readonly sha256: string;
  /** Of itself, then of its views. */
  readonly rows: readonly { readonly view: ViewKind | 'none'; readonly values: Float32Array }[];
}

/** How many images a picture gives: itself and its views. */
export const imagesOf = (views: readonly ViewKind[]): number =>
  1 + views.flatMap((name) => VIEWS[name]).length;

/**
 * Computes the features of pictures, a batch at a time; what comes after doesn't change them. Pictures that can't be decoded are
 * left out.
 *
 * @throws PictureError for the first of these, if `strict`; ArgumentError if a feature isn't finite
 */
export async function* computeFeatures(
  engine: Engine,
  inputSize: readonly [height: number, width: number],
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  { views = [], ...pass }: Omit<PassOptions, 'seed'>,
): AsyncGenerator<readonly Computed[]> {
  const [height, width] = inputSize;
  const changed = views.flatMap((name) => VIEWS[name].map((view) => ({ name, view })));
  const all = [{ name: 'none', view: undefined } as const, ...changed];
  for await (const { bytes, images, sha256 } of byteBatches(entries, { height, width, ...pass })) {
    const rows: (readonly Float32Array[])[] = [];
    for (const { view } of all) {
      const pixels = viewBytes(bytes, [...images.keys()], inputSize, view);
      rows.push(await computeRows(engine, pixels, inputSize, images));
    }
    yield images.map((entry, i) => ({
      entry,
      sha256: present(sha256[i], 'sha256'),
      rows: rows.map((each, row) => ({
        view: all[row]?.name ?? 'none',
        values: present(each[i], 'features'),
      })),
    }));
  }
}
