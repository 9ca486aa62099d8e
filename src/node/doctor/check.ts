import type * as tfjs from '@tensorflow/tfjs';
import { spread } from '../../compare/spread.js';
import { randomBy } from '../../random.js';
import type { Engine } from '../../engine/engine.js';
import { BACKENDS } from './backends.js';
import type { BackendName, Forward, Loaded, Measured, OtherEngine } from './facts.js';

type Tf = typeof tfjs;

/** A result of a check so far: if the process dies, the last one shows how far it got. */
export type News =
  { readonly loaded: Loaded } | { readonly measured: Measured } | { readonly error: string };

/** The smallest input of a ResNet: plain JavaScript takes half a second. */
const SMALL = 32;
/** The usual input size; at {@link SMALL}, TensorFlow's overhead per call hides its speed. */
const USUAL = 224;
/**
 * A backend that takes longer than this at {@link SMALL} isn't timed at {@link USUAL}, which takes 31 times as long in plain
 * JavaScript. On two cores, WebAssembly took 15 to 60 ms, TensorFlow 60, plain JavaScript 400 to 650.
 */
const PATIENCE_MS = 150;
const TIMING_MS = 1000;
const CLASSES = 10;
const SEED = 1;
/** Shape of the features that a head is trained on, and their number. */
const FEATURES = [2, 2, 16] as const;
const EXAMPLES = 8;
/** Large enough for one step to change the loss. */
const LEARNING_RATE = 1e-2;

/** Random numbers from −1 to 1, the same on each backend. */
function draw(count: number): Float32Array {
  const random = randomBy(SEED);
  return Float32Array.from({ length: count }, () => 2 * random() - 1);
}

/** What TensorFlow's backend has beyond the interface of all backends. */
interface NodeBackend {
  readonly isUsingGpuDevice?: boolean;
  readonly binding?: { readonly TF_Version?: string };
}

async function describe(tf: Tf, name: BackendName): Promise<Loaded> {
  const { isUsingGpuDevice = null, binding } = tf.backend() as unknown as NodeBackend;
  const nothing = { tensorflow: null, usesGpu: null, simd: null, threads: null };
  if (name === 'cpu') return nothing;
  if (name !== 'wasm') {
    return { ...nothing, tensorflow: binding?.TF_Version ?? null, usesGpu: isUsingGpuDevice };
  }
  const { getThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
  const simd = Boolean(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'));
  // Without thread support it uses one thread, whatever was set; Node never has it (tfjs issue 3830).
  const threaded = Boolean(await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'));
  return { ...nothing, simd, threads: threaded ? getThreadsCount() : 1 };
}

/** Where the weights of a ResNet-50 come from. */
type Weights = { readonly seed: number } | { readonly weights: 'pending' };

/** The weights that scores are compared with; others aren't drawn, which takes longer. */
const DRAWN: Weights = { seed: SEED };
const UNDRAWN: Weights = { weights: 'pending' };

/**
 * A ResNet-50's scores for an image, and the time per run after a warm-up.
 *
 * @param name of the engine that runs it; by default, the layers themselves
 */
async function predict(
  tf: Tf,
  size: number,
  weights: Weights,
  name?: OtherEngine,
): Promise<{ scores: number[]; forward: Forward }> {
  const { buildPooledResnet } = await import('../../model/build.js');
  const shape = [size, size, 3] as const;
  const model = buildPooledResnet({
    numClasses: CLASSES,
    inputShape: shape,
    activation: 'linear',
    ...weights,
  });
  const image = tf.tensor4d(draw(size * size * 3), [1, ...shape]);
  let engine: Engine | undefined;
  if (name !== undefined) {
    const { startNodeEngine } = await import('../engine/index.js');
    engine = await startNodeEngine({ model }, name);
  }
  const run = async () => {
    const output = engine ? await engine.run(image) : (model.predict(image) as tfjs.Tensor);
    // The computation is only done when the result has been read.
    const values = await output.data();
    output.dispose();
    return [...values];
  };
  const scores = await run();
  const took: number[] = [];
  const begin = performance.now();
  do {
    const before = performance.now();
    await run();
    took.push(performance.now() - before);
  } while (performance.now() - begin < TIMING_MS);
  await engine?.dispose();
  tf.dispose(image);
  model.dispose();
  return { scores, forward: { inputSize: size, medianMs: spread(took).median, runs: took.length } };
}

/** The loss of a head on random features, after one training step. */
async function train(tf: Tf): Promise<number> {
  const [{ fitHead }, { pooledHead }] = await Promise.all([
    import('../../train/fit-head.js'),
    import('../../head/pooled.js'),
  ]);
  const [height, width, channels] = FEATURES;
  const values = tf.tensor4d(draw(EXAMPLES * height * width * channels), [EXAMPLES, ...FEATURES]);
  const labels = Int32Array.from({ length: EXAMPLES }, (_, i) => i % 2);
  const { head, history } = await fitHead(
    pooledHead({ numClasses: 2 }),
    { values, labels, featureShape: FEATURES },
    // One epoch is one step here; the second epoch reports the loss after the first step.
    { epochs: 2, batchSize: EXAMPLES, learningRate: LEARNING_RATE, seed: SEED },
  );
  head.dispose();
  values.dispose();
  return history[1]?.loss ?? NaN;
}

/** The innermost cause, which is the loader's error. */
const origin = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? origin(error.cause) : error;

/** Has `work` tell its results, or its error at the end. */
async function telling(tell: (news: News) => void, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const cause = origin(error);
    tell({ error: cause instanceof Error ? cause.message : String(cause) });
  }
}

async function start(tf: Tf, name: BackendName): Promise<void> {
  const backend = BACKENDS.find((each) => each.name === name);
  await backend?.load();
  if (backend === undefined || !(await tf.setBackend(backend.registered))) {
    throw new Error(
      `expected TensorFlow.js to start backend ${name}, but setBackend() returned false`,
    );
  }
  await tf.ready();
}

/**
 * Loads a backend and computes on it. Run this in a separate process: what is loaded stays loaded, and may crash.
 *
 * @param tell called with the result of each step, or with an error at the end
 */
export const checkBackend = (name: BackendName, tell: (news: News) => void): Promise<void> =>
  telling(tell, async () => {
    const tf = await import('@tensorflow/tfjs');
    await start(tf, name);
    tell({ loaded: await describe(tf, name) });
    const { scores, forward } = await predict(tf, SMALL, DRAWN);
    const usual =
      forward.medianMs > PATIENCE_MS ? forward : (await predict(tf, USUAL, UNDRAWN)).forward;
    tell({ measured: { scores, loss: await train(tf), forward: usual } });
  });

/** Starts an engine and computes with it, as {@link checkBackend} does. */
export const checkEngine = (name: OtherEngine, tell: (news: News) => void): Promise<void> =>
  telling(tell, async () => {
    const tf = await import('@tensorflow/tfjs');
    await start(tf, name === 'tensorflow' ? 'tensorflow' : 'cpu');
    const { scores } = await predict(tf, SMALL, DRAWN, name);
    const { forward } = await predict(tf, USUAL, UNDRAWN, name);
    tell({ measured: { scores, loss: null, forward } });
  });
