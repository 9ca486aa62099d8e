import type { ViewKind } from './views.js';

const CHANNELS = 3;

/** One changed copy of a picture. */
export interface View {
  /**
   * Where the picture is sampled: `[a, b, c, d]` takes an output position, as (x, y) from the middle in pixels, to
   * (a x + b y, c x + d y) from the middle.
   */
  readonly matrix: readonly [number, number, number, number];
  /** How far the samples lie to the right and below of that, in widths and heights of the picture. */
  readonly offset: readonly [number, number];
  /** What values are multiplied by. */
  readonly gain: number;
}

const SAME: View = { matrix: [1, 0, 0, 1], offset: [0, 0], gain: 1 };

/** Share of the sides that a crop keeps. */
const KEPT = 7 / 8;
/** How far pictures are shifted, in their widths and heights. */
const SHIFT = 1 / 16;
/** How far heads are measured on, in widths of the picture. */
const MOVED = 1 / 8;
/** In radians: 10 degrees. */
const ANGLE = Math.PI / 18;
/** Factors of brightness. */
const GAINS = [0.8, 1.25];

const CORNERS = [-1, 1].flatMap((y) => [-1, 1].map((x) => [x, y] as const));
const SIDES = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
] as const;

const turned = (angle: number): View => {
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  return { ...SAME, matrix: [cosine, sine, -sine, cosine] };
};

/** The views of each kind. */
export const VIEWS: Readonly<Record<ViewKind, readonly View[]>> = {
  mirror: [{ ...SAME, matrix: [-1, 0, 0, 1] }],
  crop: CORNERS.map(([x, y]) => ({
    ...SAME,
    matrix: [KEPT, 0, 0, KEPT],
    offset: [(x * (1 - KEPT)) / 2, (y * (1 - KEPT)) / 2],
  })),
  shift: SIDES.map(([x, y]) => ({ ...SAME, offset: [x * SHIFT, y * SHIFT] })),
  rotation: [turned(ANGLE), turned(-ANGLE)],
  brightness: GAINS.map((gain) => ({ ...SAME, gain })),
  right: [{ ...SAME, offset: [-MOVED, 0] }],
};

/** The two neighbours of a sample on one axis, and how much the second counts. Samples outside repeat the edge. */
function neighbours(at: number, size: number): readonly [number, number, number] {
  const inside = Math.min(Math.max(at, 0), size - 1);
  const first = Math.floor(inside);
  return [first, Math.min(first + 1, size - 1), inside - first];
}

/**
 * Computes a view of pictures, in plain JavaScript, so that it is the same on every backend: samples between pixels are
 * interpolated bilinearly, those outside repeat the edge.
 *
 * @param pixels `[n, height, width, 3]`, from 0 to 255
 * @returns whole numbers of the same shape, as decoded files have them
 */
export function viewPixels(
  pixels: ArrayLike<number>,
  [height, width]: readonly [number, number],
  { matrix: [a, b, c, d], offset: [right, down], gain }: View,
): Uint8Array {
  // Rounds, and limits to 0 to 255.
  const result = new Uint8ClampedArray(pixels.length);
  const [midX, midY] = [(width - 1) / 2, (height - 1) / 2];
  const size = height * width * CHANNELS;
  const rowSize = width * CHANNELS;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [x - midX, y - midY];
      const [left, next, partX] = neighbours(midX + a * dx + b * dy + right * width, width);
      const [top, below, partY] = neighbours(midY + c * dx + d * dy + down * height, height);
      const [w00, w01] = [gain * (1 - partX) * (1 - partY), gain * partX * (1 - partY)];
      const [w10, w11] = [gain * (1 - partX) * partY, gain * partX * partY];
      const [i00, i01] = [top * rowSize + left * CHANNELS, top * rowSize + next * CHANNELS];
      const [i10, i11] = [below * rowSize + left * CHANNELS, below * rowSize + next * CHANNELS];
      const to = y * rowSize + x * CHANNELS;
      for (let from = 0; from < pixels.length; from += size) {
        for (let channel = from; channel < from + CHANNELS; channel++) {
          result[to + channel] =
            w00 * pixels[i00 + channel]! +
            w01 * pixels[i01 + channel]! +
            w10 * pixels[i10 + channel]! +
            w11 * pixels[i11 + channel]!;
        }
      }
    }
  }
  return new Uint8Array(result.buffer);
}
