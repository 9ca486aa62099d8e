/**
 * The part of the Open Inference Protocol (KServe v2) that a classifier needs: one tensor of pixels in, one of scores out, both as
 * bytes after the JSON.
 */

/** Header with the length of the JSON that a body begins with. */
export const LENGTH_HEADER = 'inference-header-content-length';

const BYTES_PER_SCORE = 4;

export interface TensorInfo {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** A part of JSON by its path; undefined if it isn't there. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const key of path) found = isObject(found) ? found[key] : undefined;
  return found;
}

/** @throws Error if JSON doesn't describe a tensor */
export function tensorInfo(value: unknown): TensorInfo {
  const [name, datatype, shape] = ['name', 'datatype', 'shape'].map((key) => at(value, key));
  if (
    typeof name !== 'string' ||
    typeof datatype !== 'string' ||
    !Array.isArray(shape) ||
    !shape.every((size) => Number.isInteger(size))
  ) {
    throw new Error(`tensor: expected name, datatype and shape, got ${JSON.stringify(value)}`);
  }
  return { name, datatype, shape: shape as number[] };
}

/** The headers and body of a request. */
export function encodeRequest(input: TensorInfo, output: string, pixels: Uint8Array) {
  const head = Buffer.from(
    JSON.stringify({
      inputs: [{ ...input, parameters: { binary_data_size: pixels.length } }],
      outputs: [{ name: output, parameters: { binary_data: true } }],
    }),
  );
  return {
    headers: {
      'content-type': 'application/octet-stream',
      [LENGTH_HEADER]: String(head.length),
    },
    body: Buffer.concat([head, pixels]),
  };
}

/**
 * The scores of an answer.
 *
 * @param length the answer's {@link LENGTH_HEADER}
 * @throws Error if it isn't an answer with one tensor of float32 as bytes
 */
export function decodeAnswer(body: Uint8Array, length: string | null): Float32Array {
  const end = Number(length ?? NaN);
  if (!Number.isSafeInteger(end)) {
    throw new Error(`answer: expected the header ${LENGTH_HEADER}, got ${length ?? 'none'}`);
  }
  const head: unknown = JSON.parse(Buffer.from(body).toString('utf8', 0, end));
  const output = at(head, 'outputs', 0);
  const { datatype, shape } = tensorInfo(output);
  const expected = shape.reduce((product, size) => product * size, BYTES_PER_SCORE);
  const got = body.length - end;
  if (datatype !== 'FP32' || got !== expected) {
    throw new Error(
      `output: expected FP32 and ${expected} bytes after the JSON, got ${datatype} and ${got} bytes`,
    );
  }
  // A copy, as float32 must begin at a multiple of four bytes.
  return new Float32Array(body.slice(end).buffer);
}
