import * as tf from '@tensorflow/tfjs';
import type { InputSize } from '../backbone/backbone.js';
import { centreOf } from '../pictures/fit.js';
import { dotsOf, LETTER_HEIGHT, LINE_HEIGHT, widthOf } from './lettering.js';
import { colours, isFlat, overlay } from './overlay.js';

/** A picture that can be encoded. */
export interface Sheet {
  readonly width: number;
  readonly height: number;
  /** `height × width × 3`, RGB from 0 to 255, row by row. */
  readonly pixels: Uint8Array;
}

type NumericArray = Uint8Array | Int32Array | Float32Array;
type Colour = readonly [number, number, number];

const CHANNELS = 3;
const MAX_PIXEL = 255;
/** Smaller pictures are enlarged until the longer side has as many pixels. */
const LEAST_SIDE = 256;
/** Enough for the longest line of the legend. */
const LEAST_WIDTH = 200;
/** Brightness of what the model doesn't see. */
const DIMMED = 0.35;
const INK: Colour = [32, 32, 32];
/** Width of a picture for each pixel of a letter's dot. */
const WIDTH_PER_DOT = 320;
/** Space around the lines of the legend, and how far its tick exceeds the scale, in dots. */
const [MARGIN, TICK] = [4, 2];

const NOT_LIKELIEST = 'not the most probable class';

class Paper implements Sheet {
  readonly pixels: Uint8Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Uint8Array(width * height * CHANNELS).fill(MAX_PIXEL);
  }

  /** Draws rows of RGB pixels. */
  paste(pixels: NumericArray, width: number, left: number, top: number): void {
    const rowSize = width * CHANNELS;
    for (let from = 0, y = top; from < pixels.length; from += rowSize, y++) {
      const row = pixels.subarray(from, from + rowSize);
      this.pixels.set(row, (y * this.width + left) * CHANNELS);
    }
  }

  fill(colour: Colour, left: number, top: number, width: number, height: number): void {
    const pixels = Array.from({ length: width * height }, () => colour).flat();
    this.paste(Uint8Array.from(pixels), width, left, top);
  }

  /** @param dot size of a letter's dot in pixels */
  write(text: string, left: number, top: number, dot: number): void {
    for (const [x, y] of dotsOf(text)) this.fill(INK, left + x * dot, top + y * dot, dot, dot);
  }
}

/** What the ends of the scale mean: evidence against the class is below zero. */
const meaningOf = (least: number, most: number): readonly [string, string] => [
  least < 0 ? 'against' : 'less',
  most > 0 ? 'for' : 'less',
];

/** Draws the colours from the least evidence to the most, with a tick at zero if it is between them. */
async function drawScale(
  paper: Paper,
  [least, most]: readonly [number, number],
  top: number,
  dot: number,
): Promise<void> {
  const [left, right] = meaningOf(least, most);
  const margin = MARGIN * dot;
  const from = margin + widthOf(left) * dot + margin;
  const rightFrom = paper.width - margin - widthOf(right) * dot;
  const width = rightFrom - margin - from;
  paper.write(left, margin, top, dot);
  paper.write(right, rightFrom, top, dot);
  const drawn = tf.tidy(() => {
    const shares = tf.linspace(0, 1, width).reshape<tf.Tensor2D>([1, width]);
    return colours(shares)
      .round()
      .tile([LETTER_HEIGHT * dot, 1, 1]);
  });
  const pixels = await drawn.data();
  drawn.dispose();
  paper.paste(pixels, width, from, top);
  if (least >= 0 || most <= 0) return;
  const zero = from + Math.round((-least / (most - least)) * width - dot / 2);
  paper.fill(INK, zero, top - TICK * dot, dot, (LETTER_HEIGHT + 2 * TICK) * dot);
}

/**
 * Draws a map over the part of a picture that the model sees. The rest is dimmed. A legend below tells what the colours mean.
 *
 * @param whole `[height, width, 3]`, RGB from 0 to 255; it remains the caller's
 * @param values of the map, `[h, w]`; they remain the caller's
 * @param inputSize of the model
 * @param isLikeliest whether no other class is more probable
 */
export async function drawSheet(
  whole: tf.Tensor3D,
  values: tf.Tensor2D,
  inputSize: InputSize,
  isLikeliest: boolean,
): Promise<Sheet> {
  const factor = Math.ceil(LEAST_SIDE / Math.max(whole.shape[0], whole.shape[1]));
  const [height, width] = [whole.shape[0] * factor, whole.shape[1] * factor];
  const seen = centreOf([height, width], inputSize);
  const [around, drawn] = tf.tidy(() => {
    // By a whole number, so that the picture's own pixels remain visible.
    const large = tf.image.resizeNearestNeighbor(whole, [height, width]);
    const part = large.slice([seen.top, seen.left], [seen.height, seen.width]);
    return [large.mul(DIMMED).round(), overlay(values, part)];
  });
  try {
    const paperWidth = Math.max(width, LEAST_WIDTH);
    const dot = Math.max(1, Math.round(paperWidth / WIDTH_PER_DOT));
    const lineHeight = (LINE_HEIGHT + MARGIN) * dot;
    const numbers = Array.from(await values.data());
    const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
    const hasScale = !isFlat(least, most);
    const lines = [hasScale, !isLikeliest].filter(Boolean).length;
    const margin = lines === 0 ? 0 : MARGIN * dot;
    const paper = new Paper(paperWidth, height + margin + lines * lineHeight);
    const left = Math.floor((paperWidth - width) / 2);
    paper.paste(await around.data(), width, left, 0);
    paper.paste(await drawn.data(), seen.width, left + seen.left, seen.top);
    if (hasScale) await drawScale(paper, [least, most], height + margin, dot);
    if (!isLikeliest) paper.write(NOT_LIKELIEST, margin, paper.height - lineHeight, dot);
    return paper;
  } finally {
    tf.dispose([around, drawn]);
  }
}
