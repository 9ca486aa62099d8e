import { diagnose } from '../../../src/node/doctor/diagnose';
import { formatCheckup } from '../../../src/node/doctor/format';
import {
  absent,
  broken,
  cpu,
  gpu,
  soundFacts,
  tensorflow,
  wasm,
  webgpu,
} from '../../setup/doctor-facts';

const MISSING =
  'The Node.js native addon module (tfjs_binding.node) can not be found at path: /x.node';

describe('formatCheckup', () => {
  it('writes text, with what helps and what to use', () => {
    const noDriver = broken(webgpu, 'webgpu: expected a driver for a GPU, got none');
    const backends = [cpu, wasm, broken(tensorflow, MISSING), absent(gpu), noDriver];
    expect(formatCheckup(diagnose({ ...soundFacts, backends }), 'text')).toBe(
      `
resnet-heads 1.2.3 |
------------------ | --------------------------------------------
Node.js            | 22.1.0 on linux-x64
processor          | A processor, 2 cores
memory             | 8 GB
NVIDIA GPU         | none
@tensorflow/tfjs   | 4.22.0 in /app/node_modules/@tensorflow/tfjs
copies             | 1 of tfjs-core, 1 of tfjs-layers
sharp              | 0.34.0
echarts            | not installed; needed for drawing charts

backend        | package                         | version | check         |   a ResNet-50 takes | computes with
-------------- | ------------------------------- | ------- | ------------- | ------------------- | --------------
cpu            | @tensorflow/tfjs                | 4.22.0  | passed        |   250 ms at 32 × 32 |
wasm (best)    | @tensorflow/tfjs-backend-wasm   | 4.22.0  | passed        | 300 ms at 224 × 224 | SIMD, 1 thread
tensorflow     | @tensorflow/tfjs-node           | 4.22.0  | doesn't load  |                     |
tensorflow-gpu | @tensorflow/tfjs-node-gpu       |         | not installed |                     |
webgpu         | @tensorflow/tfjs-backend-webgpu | 4.22.0  | not available |                     |

engine                | package                       | version | check           |   a ResNet-50 takes
--------------------- | ----------------------------- | ------- | --------------- | -------------------
onnxruntime (default) | onnxruntime-node              | 1.30.0  | passed          |  22 ms at 224 × 224
tensorflow            | @tensorflow/tfjs-node         | 1.30.0  | passed          |  46 ms at 224 × 224
onnxruntime-webgpu    | onnxruntime-node              | 1.30.0  | not available   |
layers                | @tensorflow/tfjs-backend-wasm | 4.22.0  | as backend wasm | 300 ms at 224 × 224

The check compares a ResNet-50's scores, and of backends also one training step, with those of plain JavaScript.
The time is for one image; slow backends are timed with a smaller one. Engines run frozen backbones; the engine layers is the best backend itself.

Not available here:

- webgpu: expected a driver for a GPU, got none
- onnxruntime-webgpu: no adapter

Problems and how to fix them:

- tensorflow: its native library is missing: npm ran no install scripts, or the download failed
  do: npm rebuild @tensorflow/tfjs-node --ignore-scripts=false
  got: ${MISSING}

Use wasm:

    import * as tf from '@tensorflow/tfjs';
    import '@tensorflow/tfjs-backend-wasm';
    await tf.setBackend('wasm');
`.trim(),
    );
  });

  it('leaves columns out where the width is short', () => {
    const text = formatCheckup(diagnose(soundFacts), 'text', 90);
    expect(text).toMatch(/^backend +\| version \| check +\| +a ResNet-50 takes \| computes with$/m);
    expect(formatCheckup(diagnose(soundFacts), 'text', 80)).toMatch(
      /^backend +\| check +\| +a ResNet-50 takes \| computes with$/m,
    );
    expect(formatCheckup(diagnose(soundFacts), 'text', 60)).toMatch(
      /^backend +\| check +\| +a ResNet-50 takes$/m,
    );
  });

  it('tells what a backend computes with, and how it failed', () => {
    const used = { ...gpu, loaded: { ...gpu.loaded!, simd: false, threads: 4 } };
    const backends = [
      { ...cpu, state: 'failed' } as const,
      { ...wasm, state: 'not tried' } as const,
      {
        ...broken(tensorflow, 'no'),
        loaded: tensorflow.loaded,
        failure: { stage: 'check', message: 'no' },
      } as const,
      used,
    ];
    const text = formatCheckup(diagnose({ ...soundFacts, backends }), 'text');
    expect(text).toMatch(/^cpu .* wrong numbers /m);
    expect(text).toMatch(/^wasm .* not tried /m);
    expect(text).toMatch(/^tensorflow .* fails .*TensorFlow 2\.9\.1$/m);
    expect(text).toMatch(/^tensorflow-gpu \(best\) .*on the GPU, no SIMD, 4 threads$/m);
  });

  it('writes Markdown', () => {
    const backends = [cpu, absent(wasm), absent(tensorflow), absent(gpu)];
    const text = formatCheckup(
      diagnose({ ...soundFacts, backends, folder: { path: '/app', resnetHeads: null } }),
      'markdown',
    );
    expect(text).toMatch(/^\| resnet-heads 1\.2\.3 \|/);
    expect(text).toMatch(/^\| cpu \(best\) +\| @tensorflow\/tfjs +\|/m);
    expect(text).toMatch(/^- npm install @tensorflow\/tfjs-node@4\.22\.0$/m);
    expect(text).toMatch(/programs in this folder get none\.$/);
  });

  it('is brief where nothing is installed', () => {
    const backends = [cpu, wasm, tensorflow, gpu].map(absent);
    const text = formatCheckup(
      diagnose({ ...soundFacts, backends, tfjs: null, copies: [] }),
      'text',
    );
    expect(text).not.toMatch(/The check|copies|Use /);
    expect(text).toMatch(/^@tensorflow\/tfjs +\| not installed$/m);
    expect(text).toMatch(/\n\nNo backend passed\.$/);
  });

  it('writes every field as JSON', () => {
    const checkup = diagnose(soundFacts);
    expect(JSON.parse(formatCheckup(checkup, 'json'))).toEqual(checkup);
  });
});
