import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import { type ImageBatchOptions, imageBatches } from '../../../src/node/images/batches';
import { decodeImage } from '../../../src/node/images/decode';
import type { LabelledFile } from '../../../src/pictures/types';
import { expectNoLeak, messageOf } from '../../setup/memory';
import { draw, makeFolder, noise, write } from './draw';

const SIZE = { height: 6, width: 4 };
const COUNT = 10;

let folder: string;
let images: LabelledFile[];
beforeAll(async () => {
  folder = makeFolder();
  const files: Record<string, Buffer> = {};
  for (let i = 0; i < COUNT; i++)
    files[`${i}.png`] = await noise(9, 9, i + 1)
      .png()
      .toBuffer();
  images = write(folder, files).map((path, i) => ({ path, label: i % 2 }));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const broken = (name: string): LabelledFile => ({ path: join(folder, name), label: 0 });

/** The list with what can't be decoded at these places. */
function spoil(...places: number[]): LabelledFile[] {
  const list = [...images];
  for (const place of places) list.splice(place, 0, broken(`broken-${place}.png`));
  return list;
}

/** The names of the pictures in each batch, whose tensors are disposed. */
async function namesOf(list: readonly LabelledFile[], options: Partial<ImageBatchOptions> = {}) {
  const names: string[][] = [];
  for await (const batch of imageBatches(list, { ...SIZE, batchSize: 3, ...options })) {
    expect(batch.pixels.shape).toEqual([batch.images.length, 6, 4, 3]);
    names.push(batch.images.map(({ path }) => path.slice(folder.length + 1, -4)));
    batch.pixels.dispose();
  }
  return names;
}

const WHOLE = [['0', '1', '2'], ['3', '4', '5'], ['6', '7', '8'], ['9']];

describe('imageBatches', () => {
  it('gives what decodeImage gives, in the order of the list', async () => {
    await expectNoLeak(async () => {
      const reversed = [...images].reverse();
      let row = 0;
      for await (const batch of imageBatches(reversed, { ...SIZE, batchSize: 4 })) {
        expect(batch.pixels.dtype).toBe('float32');
        const values = [...(await batch.pixels.data())];
        for (const [i, image] of batch.images.entries()) {
          expect(image).toBe(reversed[row++]);
          const { pixels, sha256 } = await decodeImage(image.path, SIZE);
          expect(values.slice(i * 72, (i + 1) * 72)).toEqual([...pixels]);
          expect(batch.sha256[i]).toBe(sha256);
        }
        batch.pixels.dispose();
      }
      expect(row).toBe(COUNT);
    });
  });

  it('fills every batch but the last', async () => {
    await expectNoLeak(async () => {
      expect(await namesOf(images)).toEqual(WHOLE);
      expect(await namesOf(images, { batchSize: 5 })).toHaveLength(2);
      expect(await namesOf(images, { batchSize: 1000 })).toHaveLength(1);
      expect(await namesOf([])).toEqual([]);
    });
  });

  it('takes 16 at a time unless told otherwise', async () => {
    const list = Array.from({ length: 33 }, () => images[0]!);
    const lengths: number[] = [];
    for await (const { pixels, images: rows } of imageBatches(list, SIZE)) {
      lengths.push(rows.length);
      pixels.dispose();
    }
    expect(lengths).toEqual([16, 16, 1]);
  });

  it('skips what is broken, tells of it in order, and fills the batch with what follows', async () => {
    const skipped: string[] = [];
    const onWarning = ({ name, message }: Error) => {
      const [, path = ''] =
        /^(.*): expected a picture that can be decoded, got no such file/.exec(message) ?? [];
      expect(name).toBe('PictureError');
      skipped.push(path.slice(folder.length + 1));
    };
    await expectNoLeak(async () => {
      expect(await namesOf(spoil(0, 1, 5, 13), { onWarning })).toEqual(WHOLE);
      expect(skipped).toEqual(['broken-0.png', 'broken-1.png', 'broken-5.png', 'broken-13.png']);
      expect(await namesOf(spoil(2))).toEqual(WHOLE);
    });
  });

  it('gives no batch where nothing can be decoded', async () => {
    const onWarning = jest.fn();
    const list = Array.from({ length: 8 }, (_, i) => broken(`${i}.gif`));
    expect(await namesOf(list, { onWarning })).toEqual([]);
    expect(onWarning).toHaveBeenCalledTimes(8);
  });

  it('throws the first of what is broken where it is strict, after the batches before it', async () => {
    await expectNoLeak(async () => {
      const batches = imageBatches(spoil(4, 5), { ...SIZE, batchSize: 3, strict: true });
      const first = await batches.next();
      tf.dispose((first.value as { pixels: tf.Tensor }).pixels);
      await expect(batches.next()).rejects.toThrow(join(folder, 'broken-4.png'));
      expect(await batches.next()).toEqual({ done: true, value: undefined });
    });
  });

  it('decodes the next batch, and no more, while the consumer works on this one', async () => {
    const path = join(folder, 'later.png');
    const list = [...images.slice(0, 4), { path, label: 0 }];
    const batches = imageBatches(list, { ...SIZE, batchSize: 2 });
    tf.dispose((await batches.next()).value?.pixels);
    // Of the second batch, which is decoded by now, only its tensor is still to be made.
    await new Promise((resolve) => setTimeout(resolve, 300));
    rmSync(images[3]!.path);
    write(folder, {
      'later.png': await draw([[[1, 2, 3]]])
        .png()
        .toBuffer(),
    });
    const second = (await batches.next()).value!;
    expect(second.images).toEqual(list.slice(2, 4));
    second.pixels.dispose();
    const third = (await batches.next()).value!;
    expect(third.images).toEqual([list[4]]);
    third.pixels.dispose();
    write(folder, { '3.png': await noise(9, 9, 4).png().toBuffer() });
  });

  it('has the next batch decoded by other threads from the moment it gives one, so that a model may block this one', async () => {
    const list = Array.from({ length: 12 }, () => images[0]!);
    const batches = imageBatches(list, { ...SIZE, batchSize: 4 });
    for (const ahead of [4, 4, 0]) {
      const { value } = await batches.next();
      // Nothing but promises has run since, so that none has been told to be ready.
      const { queue, process: running } = sharp.counters();
      expect(queue + running).toBe(ahead);
      tf.dispose(value?.pixels);
    }
    await batches.return();
  });

  it('reads nothing before it is asked for something', async () => {
    const batches = imageBatches([broken('x.png')], { ...SIZE, strict: true });
    expect(await batches.return()).toEqual({ done: true, value: undefined });
  });
});

describe('imageBatches ends without a trace', () => {
  /** What nobody caught meanwhile. */
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  beforeAll(() => process.on('unhandledRejection', note));
  afterAll(() => process.off('unhandledRejection', note));
  afterEach(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(unhandled).toEqual([]);
  });

  const list = () => spoil(4, 5, 6);
  const open = (options: Partial<ImageBatchOptions> = {}) =>
    imageBatches(list(), { ...SIZE, batchSize: 3, ...options });

  it('where the consumer breaks off', async () => {
    await expectNoLeak(async () => {
      for await (const { pixels } of open({ strict: true })) {
        pixels.dispose();
        break;
      }
    });
  });

  it('where the consumer breaks off, without decoding the rest of what runs ahead', async () => {
    const [path = ''] = write(folder, { 'large.png': await noise(700, 700).png().toBuffer() });
    const large = Array.from({ length: 100 }, () => ({ path, label: 0 }));
    const batches = imageBatches(large, { ...SIZE, batchSize: 50 });
    const start = performance.now();
    tf.dispose((await batches.next()).value?.pixels);
    const whole = performance.now() - start;
    // Until it decodes, and doesn't only read.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await batches.return();
    // Nothing is going on any more, and what was took the time of those that had begun, not a batch's.
    expect(sharp.counters()).toEqual({ queue: 0, process: 0 });
    expect(performance.now() - start - whole).toBeLessThan(whole / 2);
  });

  it('where the consumer throws', async () => {
    await expectNoLeak(async () => {
      const consume = async () => {
        for await (const { pixels } of open({ strict: true })) {
          pixels.dispose();
          throw new Error('mine');
        }
      };
      await expect(consume()).rejects.toThrow('mine');
    });
  });

  it('where onWarning throws', async () => {
    await expectNoLeak(async () => {
      const onWarning = () => {
        throw new Error('no more');
      };
      await expect(namesOf(list(), { onWarning })).rejects.toThrow('no more');
    });
  });

  it('where it is stopped before it begins, between batches, and while it decodes', async () => {
    const reason = new Error('enough');
    await expectNoLeak(async () => {
      await expect(namesOf(list(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

      const between = new AbortController();
      const batches = open({ signal: between.signal });
      tf.dispose((await batches.next()).value?.pixels);
      between.abort(reason);
      await expect(batches.next()).rejects.toBe(reason);
      expect(await batches.next()).toEqual({ done: true, value: undefined });

      const during = new AbortController();
      const many = Array.from({ length: 3000 }, () => images[0]!);
      const long = imageBatches(many, { ...SIZE, batchSize: 3000, signal: during.signal });
      const first = long.next();
      during.abort(reason);
      const start = performance.now();
      await expect(first).rejects.toBe(reason);
      // Three thousand take seconds.
      expect(performance.now() - start).toBeLessThan(1_000);
    });
  });

  it('where it is stopped after the last batch but one', async () => {
    const stop = new AbortController();
    const batches = imageBatches(images.slice(0, 4), {
      ...SIZE,
      batchSize: 3,
      signal: stop.signal,
    });
    await expectNoLeak(async () => {
      tf.dispose((await batches.next()).value?.pixels);
      stop.abort();
      await expect(batches.next()).rejects.toHaveProperty('name', 'AbortError');
    });
  });
});

describe('imageBatches rejects, at once,', () => {
  it.each<[string, () => unknown, string]>([
    [
      'no height',
      () => imageBatches([], { width: 1 } as never),
      'height: expected a positive integer, got undefined',
    ],
    [
      'no width',
      () => imageBatches([], { height: 1, width: -1 }),
      'width: expected a positive integer, got -1',
    ],
    [
      'batches of nothing',
      () => imageBatches([], { ...SIZE, batchSize: 0 }),
      'batchSize: expected a positive integer, got 0',
    ],
  ])('%s', (_, attempt, message) => {
    expect(messageOf(attempt)).toBe(`ArgumentError: ${message}`);
  });
});
