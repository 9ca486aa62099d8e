import { about, ask, askJson } from './ask.js';
import { decodePixels } from './pixels.js';
import { at, decodeAnswer, encodeRequest, type TensorInfo, tensorInfo } from './protocol.js';

/** As `Classification` of resnet-heads. */
export interface Classification {
  readonly className: string;
  readonly probability: number;
  /** Whether the probability reaches the threshold of the class; only if pictures can have several labels. */
  readonly present?: boolean;
}

export interface ConnectOptions {
  /** Milliseconds until a request without an answer is given up. @default 10,000 */
  readonly timeoutMs?: number;
}

/** A classifier on an inference server. */
export interface ServedClassifier {
  readonly classes: readonly string[];
  readonly inputSize: readonly [height: number, width: number];
  /** All classes of a picture, a path or a file's bytes; the most likely first. */
  readonly classify: (picture: string | Uint8Array) => Promise<Classification[]>;
  /** The same of decoded pixels: `height × width × 3`, RGB, of the input size. */
  readonly classifyPixels: (pixels: Uint8Array) => Promise<Classification[]>;
}

const CHANNELS = 3;
/** By which probabilities in float32 can be beyond 0 and 1. */
const ROUNDING = 1e-5;

/** A list of JSON in a model's configuration; undefined if there is none. */
function listIn<T>(config: unknown, key: string, isEntry: (each: unknown) => each is T) {
  const text = at(config, 'parameters', key, 'string_value');
  if (typeof text !== 'string') return undefined;
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) && value.every(isEntry) ? value : undefined;
}

const isText = (each: unknown) => typeof each === 'string';
const isNumber = (each: unknown) => typeof each === 'number';

function classesIn(config: unknown): readonly string[] {
  const classes = listIn(config, 'classes', isText);
  if (classes !== undefined) return classes;
  throw new Error(
    'expected parameters.classes, a list of class names as JSON, got none; write the model folder with folders.ts',
  );
}

/** The size of the pictures that a model takes. */
function inputSizeOf({ datatype, shape }: TensorInfo): readonly [height: number, width: number] {
  const [, height = 0, width = 0, channels] = shape;
  const fits = shape.length === 4 && channels === CHANNELS && height > 0 && width > 0;
  if (datatype === 'UINT8' && fits) return [height, width];
  throw new Error(
    `input: expected UINT8, [n, height, width, 3], got ${datatype}, [${shape.join(', ')}]; export the classifier with --input pixels`,
  );
}

/** A probability for each class; a map of them, as dense heads give, is averaged. */
function probabilitiesOf(scores: Float32Array, count: number): number[] {
  const positions = scores.length / count;
  if (!Number.isInteger(positions) || positions < 1) {
    throw new Error(`output: expected ${count} scores, one per class, got ${scores.length}`);
  }
  if (!scores.every((score) => score >= -ROUNDING && score <= 1 + ROUNDING)) {
    throw new Error(
      'output: expected probabilities from 0 to 1, got other numbers; the head must end in softmax or sigmoid',
    );
  }
  const sums = Array<number>(count).fill(0);
  for (const [i, score] of scores.entries()) sums[i % count] = (sums[i % count] ?? 0) + score;
  return sums.map((sum) => sum / positions);
}

/**
 * Finds a classifier on a server that speaks the Open Inference Protocol and says its class names, as ray_server.py and Triton do.
 *
 * @param server its address, such as `http://127.0.0.1:8000`
 * @param model the name that it serves the classifier by
 * @throws ServingError if there is no such server or model, or it is no classifier of pixels
 */
export async function connect(
  server: string,
  model: string,
  { timeoutMs = 10_000 }: ConnectOptions = {},
): Promise<ServedClassifier> {
  const url = `${server.replace(/\/+$/, '')}/v2/models/${encodeURIComponent(model)}`;
  const described = await askJson(url, timeoutMs);
  const { input, output, inputSize } = about(url, () => {
    const taken = tensorInfo(at(described, 'inputs', 0));
    const given = tensorInfo(at(described, 'outputs', 0));
    return { input: taken, output: given, inputSize: inputSizeOf(taken) };
  });
  const config = await askJson(`${url}/config`, timeoutMs);
  const { classes, thresholds } = about(`${url}/config`, () => ({
    classes: classesIn(config),
    thresholds: listIn(config, 'thresholds', isNumber),
  }));
  const shape = [1, ...inputSize, CHANNELS];
  const bytes = shape.reduce((product, size) => product * size);

  async function classifyPixels(pixels: Uint8Array): Promise<Classification[]> {
    if (pixels.length !== bytes) {
      throw new RangeError(
        `pixels: expected ${bytes} bytes, ${inputSize.join(' × ')} × 3, got ${pixels.length}`,
      );
    }
    const request = encodeRequest({ ...input, shape }, output.name, pixels);
    const answer = await ask(`${url}/infer`, timeoutMs, { method: 'POST', ...request });
    const probabilities = about(`${url}/infer`, () =>
      probabilitiesOf(decodeAnswer(answer.body, answer.length), classes.length),
    );
    return classes
      .map((className, i) => {
        const probability = probabilities[i] ?? NaN;
        const threshold = thresholds?.[i];
        return threshold === undefined
          ? { className, probability }
          : { className, probability, present: probability >= threshold };
      })
      .sort((a, b) => b.probability - a.probability);
  }

  return {
    classes,
    inputSize,
    classifyPixels,
    classify: async (picture) => classifyPixels(await decodePixels(picture, inputSize)),
  };
}
