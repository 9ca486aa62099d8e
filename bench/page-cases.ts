import type { Case, Contestant } from './case.js';

interface PageModel {
  readonly engine: 'tfjs' | 'onnx';
  readonly provider: 'wasm' | 'webgl' | 'webgpu';
  /** @default 1 */
  readonly threads?: number;
}

interface Task {
  /** Height and width of the pictures. */
  readonly size: number;
  /** Pictures at a time, or the start of a page until its first answer. */
  readonly batch: number | 'start';
}

const NAMES = { tfjs: 'folded in TensorFlow.js', onnx: 'onnxruntime-web' } as const;

const inPage = (
  { engine, provider, threads = 1 }: PageModel,
  { size, batch }: Task,
): Contestant => ({
  name: `${NAMES[engine]} on ${provider}${threads > 1 ? `, ${threads} threads` : ''}`,
  worker: 'chromium',
  work: [engine, provider, threads, size, batch].join('/'),
});

const pageCase = (
  name: string,
  task: Task,
  [subject, ...peers]: readonly [PageModel, ...PageModel[]],
  rounds: number,
): Case => ({
  name: `page/${name}`,
  before: [{ name: 'the models', worker: 'node', work: 'page/write' }],
  rounds,
  subject: inPage(subject, task),
  peers: peers.map((peer) => inPage(peer, task)),
});

const ONNX_ON_WASM: PageModel = { engine: 'onnx', provider: 'wasm' };
const TFJS_ON_WASM: PageModel = { engine: 'tfjs', provider: 'wasm' };
/** TensorFlow.js with threads is left out: on two busy cores its page sometimes doesn't start. */
const ON_WASM = [ONNX_ON_WASM, TFJS_ON_WASM, { ...ONNX_ON_WASM, threads: 2 }] as const;

/** A ResNet-50 in Chromium, by onnxruntime-web and by TensorFlow.js. */
export const pages: readonly Case[] = [
  pageCase('1 at a time', { size: 224, batch: 1 }, ON_WASM, 7),
  pageCase('8 at a time', { size: 224, batch: 8 }, ON_WASM, 5),
  pageCase('start', { size: 224, batch: 'start' }, [ONNX_ON_WASM, TFJS_ON_WASM], 5),
  // A GPU in software takes seconds.
  pageCase(
    '1 of 64 × 64 at a time, GPU in software',
    { size: 64, batch: 1 },
    [
      { engine: 'onnx', provider: 'webgpu' },
      { engine: 'tfjs', provider: 'webgpu' },
      { engine: 'tfjs', provider: 'webgl' },
    ],
    2,
  ),
];
