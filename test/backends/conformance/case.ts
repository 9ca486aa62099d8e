import * as tf from '@tensorflow/tfjs';

/** What the cases need from where they run: a page fetches it, Node reads it. */
export interface Surroundings {
  /** A file of test/goldens/weights. */
  readonly read: (name: string) => Promise<Uint8Array>;
  /** `toJSON` of the base that those files are of, by variant. */
  readonly topologies: Readonly<Record<'v1' | 'v1.5', object>>;
}

/** One thing that this package does on a backend. Throws where it doesn't. */
export interface Case {
  readonly name: string;
  readonly run: (check: Check, surroundings: Surroundings) => Promise<void> | void;
}

/** How a case went. */
export interface Result {
  readonly name: string;
  readonly ok: boolean;
  readonly message?: string;
  /** The largest error against a reference, relative to the largest value of it; absent where none was compared. */
  readonly maxError?: number;
  readonly seconds: number;
}

const SHOWN = 8;
const show = (values: ArrayLike<number>) => `[${Array.from(values).slice(0, SHOWN).join(', ')}]`;

/** What a case compares by, in place of a test runner's `expect`, which no page has. */
export class Check {
  maxError: number | undefined;

  constructor(private readonly tolerance: number) {}

  /** Within the backend's tolerance, times `factor`, of the largest of what is expected. */
  close(received: ArrayLike<number>, expected: ArrayLike<number>, factor = 1): void {
    const wanted = Array.from(expected);
    const scale = wanted.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const worst = wanted.reduce(
      // Not Math.max alone, which a NaN of one would hide behind the next.
      (max, value, i) =>
        max >= Math.abs((received[i] ?? NaN) - value)
          ? max
          : Math.abs((received[i] ?? NaN) - value),
      0,
    );
    // Of nothing but zeros there is no share.
    const error = scale === 0 ? worst : worst / scale;
    this.maxError = Math.max(this.maxError ?? 0, error);
    if (received.length === wanted.length && error <= factor * this.tolerance) return;
    throw new Error(
      `expected ${wanted.length} numbers within ${factor * this.tolerance} of the largest, ${scale}, got ${received.length}, the worst off by ${error}: ${show(received)} for ${show(wanted)}`,
    );
  }

  /** The same as JSON. */
  same(received: unknown, expected: unknown, what = 'value'): void {
    const [got, wanted] = [received, expected].map((value) => JSON.stringify(value));
    if (got !== wanted) throw new Error(`${what}: expected ${String(wanted)}, got ${String(got)}`);
  }

  /** Rejects with a message that contains `text`. */
  async fails(body: () => unknown, text: string): Promise<void> {
    let message = 'nothing was thrown';
    try {
      await body();
    } catch (error) {
      message = (error as Error).message;
    }
    if (!message.includes(text))
      throw new Error(`expected an error with "${text}", got "${message}"`);
  }
}

/** Runs cases on the backend that is set, one after the other; each has to leave no tensor behind. */
export async function runCases(
  cases: readonly Case[],
  tolerance: number,
  surroundings: Surroundings,
  onResult?: (result: Result) => void,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const each of cases) {
    const result = await runCase(each, tolerance, surroundings);
    results.push(result);
    onResult?.(result);
  }
  return results;
}

export async function runCase(
  { name, run }: Case,
  tolerance: number,
  surroundings: Surroundings,
): Promise<Result> {
  const check = new Check(tolerance);
  const start = performance.now();
  let message: string | undefined;
  try {
    const before = tf.memory().numTensors;
    await run(check, surroundings);
    check.same(tf.memory().numTensors - before, 0, 'tensors left behind');
  } catch (error) {
    message = error instanceof Error ? error.message : String(error);
  }
  const seconds = (performance.now() - start) / 1000;
  return {
    name,
    ok: message === undefined,
    ...(message !== undefined && { message }),
    // JSON has no NaN.
    ...(Number.isFinite(check.maxError) && { maxError: check.maxError! }),
    seconds,
  };
}
