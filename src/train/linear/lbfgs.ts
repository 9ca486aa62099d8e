import { present } from '../../errors.js';

/** A function's value and gradient at a point. */
export interface Evaluated {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface LbfgsOptions {
  /** Stop once no component of the gradient is larger. */
  readonly tolerance: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Minimum<E extends Evaluated> {
  readonly at: Float64Array;
  readonly evaluated: E;
  readonly iterations: number;
}

type Objective<E extends Evaluated> = (at: Float64Array) => Promise<E>;

/**
 * How many past steps approximate the curvature. With 10, SciPy's default, as many evaluations are needed, and with few rows the
 * vectors take most of the time: beyond a processor's cache, each costs a pass through memory.
 */
const MEMORY = 5;
/** Enough for condition numbers that standardised features have; scikit-learn's default is 100. */
const MAX_ITERATIONS = 1000;
/** More find nothing: near the minimum, where rounding hides the decrease, 25 were tried in vain, twice per fit. */
const MAX_TRIALS = 10;
/** Sufficient decrease and curvature, from Nocedal and Wright, Numerical Optimization, 2006, section 3.1. */
const DECREASE = 1e-4;
const CURVATURE = 0.9;
/** Values closer than this, relative to the first, can't be told apart: they are sums of float32 losses. Hager and Zhang's ε. */
const NOISE = 1e-6;
/** A trial step stays this far from both ends of its bracket, as a share of its length. */
const MARGIN = 0.1;
const GROWTH = 4;

/** Four sums, as each addition to a single one would wait for the one before: three times as fast. */
function dot(a: Float64Array, b: Float64Array): number {
  let [w, x, y, z] = [0, 0, 0, 0];
  const whole = a.length - (a.length % 4);
  for (let i = 0; i < whole; i += 4) {
    w += a[i]! * b[i]!;
    x += a[i + 1]! * b[i + 1]!;
    y += a[i + 2]! * b[i + 2]!;
    z += a[i + 3]! * b[i + 3]!;
  }
  for (let i = whole; i < a.length; i++) w += a[i]! * b[i]!;
  return w + x + (y + z);
}

/** Adds `factor · b` to `a`. */
function addTo(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i]! += factor * b[i]!;
}

function plus(a: Float64Array, b: Float64Array, factor: number): Float64Array {
  const sum = a.slice();
  addTo(sum, b, factor);
  return sum;
}

// Loops, as callbacks take five times as long, and with few rows these vectors take most of the time.
function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

function scale(values: Float64Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i]! *= factor;
}

/** A step and how the gradient changed over it. */
interface Past {
  readonly step: Float64Array;
  readonly change: Float64Array;
  /** Inverse of their product. */
  readonly rho: number;
}

/** The direction of the next step by the two-loop recursion (Nocedal and Wright, algorithm 7.4). */
function directionOf(gradient: Float64Array, past: readonly Past[]): Float64Array {
  const direction = gradient.slice();
  scale(direction, -1);
  const alphas = new Map<Past, number>();
  for (const each of [...past].reverse()) {
    const alpha = each.rho * dot(each.step, direction);
    alphas.set(each, alpha);
    addTo(direction, each.change, -alpha);
  }
  const last = past.at(-1);
  // Without a curvature, a first step of length 1 or less.
  scale(
    direction,
    last
      ? 1 / (last.rho * dot(last.change, last.change))
      : 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))),
  );
  for (const each of past) {
    const beta = each.rho * dot(each.change, direction);
    addTo(direction, each.step, present(alphas.get(each), 'alpha') - beta);
  }
  return direction;
}

/** A point on the line that is searched: the length of the step, and the function's value and slope there. */
interface Trial<E extends Evaluated> {
  readonly length: number;
  readonly value: number;
  readonly slope: number;
  readonly at: Float64Array;
  readonly evaluated: E;
}

type OnLine = Pick<Trial<Evaluated>, 'length' | 'value' | 'slope'>;

/** The minimum of the cubic through two points with their slopes, kept away from both. */
function between(low: OnLine, high: OnLine): number {
  const width = high.length - low.length;
  const d = low.slope + high.slope - (3 * (high.value - low.value)) / width;
  const root = Math.sqrt(d * d - low.slope * high.slope);
  const share = 1 - (high.slope + root - d) / (high.slope - low.slope + 2 * root);
  const inside = Number.isFinite(share) ? share : 0.5;
  return low.length + width * Math.min(1 - MARGIN, Math.max(MARGIN, inside));
}

/**
 * Searches a line for a point that satisfies the Wolfe conditions; near the minimum, where values differ by less than their
 * rounding, for one that satisfies Hager and Zhang's approximate conditions (SIAM J. Optim. 16, 2005), which compare slopes only.
 *
 * @returns undefined if there is none
 */
async function searchLine<E extends Evaluated>(
  objective: Objective<E>,
  from: { readonly at: Float64Array; readonly evaluated: E },
  direction: Float64Array,
): Promise<Trial<E> | undefined> {
  const { value, gradient } = from.evaluated;
  const slope = dot(gradient, direction);
  if (!(slope < 0)) return undefined;
  let low: OnLine = { length: 0, value, slope };
  let high: OnLine | undefined;
  let length = 1;
  for (let trial = 0; trial < MAX_TRIALS; trial++) {
    const at = plus(from.at, direction, length);
    const evaluated = await objective(at);
    const found = {
      ...{ length, at, evaluated },
      value: evaluated.value,
      slope: dot(evaluated.gradient, direction),
    };
    const decreases = found.value <= value + DECREASE * length * slope;
    const isLevel =
      found.value <= value + NOISE * Math.abs(value) && found.slope <= (2 * DECREASE - 1) * slope;
    if (!(decreases || isLevel)) high = found;
    else if (found.slope < CURVATURE * slope) low = found;
    else return found;
    length = high ? between(low, high) : length * GROWTH;
  }
  return undefined;
}

/**
 * Minimises a smooth convex function with L-BFGS (Liu and Nocedal, 1989). It stops when the gradient is within the tolerance, when
 * rounding hides any further decrease, or after 1,000 iterations.
 *
 * @param objective is called once or more per iteration
 * @throws the signal's reason if it aborts
 */
export async function lbfgs<E extends Evaluated>(
  objective: Objective<E>,
  start: Float64Array,
  { tolerance, signal }: LbfgsOptions,
): Promise<Minimum<E>> {
  let here = { at: start, evaluated: await objective(start) };
  let past: Past[] = [];
  for (let iterations = 0; ; iterations++) {
    signal?.throwIfAborted();
    const { gradient } = here.evaluated;
    const isDone = largest(gradient) <= tolerance || iterations === MAX_ITERATIONS;
    if (isDone) return { ...here, iterations };
    const next = await searchLine(objective, here, directionOf(gradient, past));
    if (next === undefined) {
      if (past.length === 0) return { ...here, iterations };
      // Old curvatures can mislead: try once more along the gradient.
      past = [];
      continue;
    }
    const step = plus(next.at, here.at, -1);
    const change = plus(next.evaluated.gradient, gradient, -1);
    const curvature = dot(step, change);
    if (curvature > 0) past = [...past, { step, change, rho: 1 / curvature }].slice(-MEMORY);
    here = { at: next.at, evaluated: next.evaluated };
  }
}
