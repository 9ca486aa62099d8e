import { diagnose, fitsCaret } from '../../../src/node/doctor/diagnose';
import type { BackendFacts, Facts } from '../../../src/node/doctor/facts';
import {
  absent,
  broken,
  copy,
  cpu,
  gpu,
  graph,
  runtime,
  runtimeOnGpu,
  soundFacts,
  tensorflow,
  wasm,
  webgpu,
} from '../../setup/doctor-facts';

const withBackends = (...backends: BackendFacts[]): Facts => ({ ...soundFacts, backends });
const onMachine = (facts: Facts, machine: Partial<Facts['machine']>): Facts => ({
  ...facts,
  machine: { ...facts.machine, ...machine },
});
const installs = (facts: Facts): string[] => diagnose(facts).faster.map(({ install }) => install);

describe('diagnose', () => {
  it('finds nothing where nothing is wrong, and names the fastest', () => {
    expect(diagnose(soundFacts)).toEqual({
      ...soundFacts,
      healthy: true,
      findings: [],
      best: 'tensorflow',
      engine: 'onnxruntime',
      use: ["import { useFastestBackend } from 'resnet-heads';", 'await useFastestBackend();'],
      faster: [],
      notes: [],
    });
  });

  it('names the first engine that passed without a GPU, and offers ONNX Runtime where it is missing', () => {
    const without = { ...soundFacts, engines: [absent(runtime), graph, runtimeOnGpu] };
    expect(diagnose(without)).toMatchObject({ engine: 'tensorflow', findings: [] });
    expect(installs(without)).toEqual(['npm install onnxruntime-node --ignore-scripts']);
    const alone = { ...soundFacts, engines: [broken(runtime, 'GLIBC_2.28 not found\nat x')] };
    expect(diagnose(alone)).toMatchObject({
      engine: 'layers',
      findings: [{ subject: 'engine onnxruntime', got: ['GLIBC_2.28 not found'] }],
    });
    expect(installs(alone)).toEqual([]);
  });

  it('counts webgpu as a backend, and its missing GPU not as a problem', () => {
    const onGpu = diagnose(withBackends(cpu, wasm, tensorflow, absent(gpu), webgpu));
    expect(onGpu).toMatchObject({
      best: 'webgpu',
      use: ["import { loadWebgpu } from 'resnet-heads';", 'await loadWebgpu();'],
    });
    const without = broken(webgpu, 'webgpu: expected a driver for a GPU, got none');
    expect(diagnose(withBackends(cpu, wasm, tensorflow, absent(gpu), without))).toMatchObject({
      best: 'tensorflow',
      findings: [],
    });
  });

  it('takes who was too slow for the usual size for slower', () => {
    const quickAtLittle = { ...cpu, forward: { inputSize: 32, medianMs: 160, runs: 4 } };
    const backends = [quickAtLittle, wasm, absent(tensorflow), absent(gpu)];
    expect(diagnose(withBackends(...backends)).best).toBe('wasm');
  });

  it('asks for TensorFlow.js first', () => {
    const nothing = [cpu, wasm, tensorflow, gpu].map(absent);
    const { healthy, findings, best, use, faster } = diagnose({
      ...withBackends(...nothing),
      tfjs: null,
      copies: [],
    });
    expect([healthy, best, use, faster]).toEqual([false, null, [], []]);
    expect(findings).toEqual([
      {
        subject: '@tensorflow/tfjs',
        what: "it isn't installed, but every backend needs it",
        remedy: 'npm install @tensorflow/tfjs',
        got: [],
      },
    ]);
  });

  it('finds versions that do not fit', () => {
    const old = { ...soundFacts.tfjs!, version: '3.21.0' };
    const bare = withBackends(cpu, absent(wasm), absent(tensorflow), gpu);
    const { findings, faster } = diagnose({ ...bare, tfjs: old });
    // Nothing is to be installed at a version that is to go.
    expect(faster).toEqual([]);
    expect(findings).toEqual([
      {
        subject: '@tensorflow/tfjs',
        what: 'resnet-heads needs ^4.22.0',
        remedy: 'npm install @tensorflow/tfjs@4',
        got: ['3.21.0'],
      },
    ]);
    const mixed = withBackends(cpu, { ...wasm, version: '4.21.0' }, tensorflow, absent(gpu));
    expect(diagnose(mixed).findings).toMatchObject([
      { subject: 'wasm', remedy: 'npm install @tensorflow/tfjs-backend-wasm@4.22.0' },
    ]);
    expect(diagnose(mixed).healthy).toBe(true);
  });

  it('finds second copies, and says how to be rid of them', () => {
    const nested = '/app/node_modules/@tensorflow/tfjs-node/node_modules/@tensorflow';
    const equal = [...soundFacts.copies, copy('tfjs-core', `${nested}/tfjs-core`)];
    const one = diagnose({ ...soundFacts, copies: equal });
    expect([one.healthy, one.findings.length]).toEqual([false, 1]);
    expect(one.findings[0]).toMatchObject({
      subject: '@tensorflow/tfjs-core',
      got: ['4.22.0 in /app/node_modules/@tensorflow/tfjs-core', `4.22.0 in ${nested}/tfjs-core`],
    });
    expect(one.findings[0]?.remedy).toMatch(/npm ls @tensorflow\/tfjs-core .*; npm dedupe, /);

    const other = ['tfjs-core', 'tfjs-layers'].map((name) =>
      copy(name, `${nested}/${name}`, '4.21.0'),
    );
    const both = diagnose({ ...soundFacts, copies: [...soundFacts.copies, ...other] });
    expect(both.findings[0]?.subject).toBe('@tensorflow/tfjs-core, @tensorflow/tfjs-layers');
    // npm dedupe leaves other versions where they are.
    expect(both.findings[0]?.remedy).toMatch(
      /install those at 4\.22\.0, or put "overrides": \{ "@tensorflow\/tfjs-core": "4\.22\.0", "@tensorflow\/tfjs-layers": "4\.22\.0" \}/,
    );
  });

  it('gives a failure its remedy', () => {
    const backends = [cpu, wasm, broken(tensorflow, 'ended by SIGSEGV\nmore'), absent(gpu)];
    const { healthy, findings, best, faster } = diagnose(withBackends(...backends));
    expect([healthy, best, faster]).toEqual([true, 'wasm', []]);
    expect(findings).toMatchObject([
      { subject: 'tensorflow', what: 'its native library crashes', got: ['ended by SIGSEGV'] },
    ]);
    const wrong: BackendFacts = { ...wasm, state: 'failed', scoreError: 0.5, lossError: null };
    expect(diagnose(withBackends(cpu, wrong, tensorflow, absent(gpu))).findings).toMatchObject([
      {
        subject: 'wasm',
        what: 'its results differ from those of plain JavaScript',
        got: ['relative error 5.0e-1 of scores, unknown of a loss'],
      },
    ]);
  });

  it('is unwell where nothing passes', () => {
    const all = [cpu, wasm, tensorflow, gpu].map((each) => broken(each, 'no answer within 30 s'));
    const { healthy, best, findings } = diagnose(withBackends(...all));
    expect([healthy, best, findings.length]).toEqual([false, null, 4]);
  });

  it('says that the build for GPUs can go where there is none', () => {
    const failing = withBackends(cpu, wasm, tensorflow, broken(gpu, 'ended by SIGSEGV'));
    const needless = /npm uninstall @tensorflow\/tfjs-node-gpu, as there is no NVIDIA GPU here$/;
    expect(diagnose(failing).findings[0]?.remedy).toMatch(needless);
    const onGpu = onMachine(failing, { gpus: ['NVIDIA H100'] });
    expect(diagnose(onGpu).findings[0]?.remedy).not.toMatch(needless);
  });

  it('finds a GPU that is not used', () => {
    const idle: BackendFacts = {
      ...gpu,
      loaded: { ...gpu.loaded!, usesGpu: false },
      missingLibraries: ['libcudnn.so.8'],
    };
    const facts = withBackends(cpu, wasm, tensorflow, idle);
    expect(diagnose(facts)).toMatchObject({ findings: [], best: 'tensorflow' });
    expect(diagnose(onMachine(facts, { gpus: ['NVIDIA H100'] })).findings).toMatchObject([
      {
        subject: 'tensorflow-gpu',
        what: "there is a GPU, but TensorFlow doesn't use it",
        got: ['libcudnn.so.8 was not found'],
      },
    ]);
    expect(diagnose(withBackends(cpu, wasm, absent(tensorflow), idle)).best).toBe('tensorflow-gpu');
  });

  it('takes a GPU that is used', () => {
    const used = onMachine(withBackends(cpu, wasm, tensorflow, gpu), { gpus: ['NVIDIA H100'] });
    const { best, use, findings } = diagnose(used);
    expect([best, findings]).toEqual(['tensorflow-gpu', []]);
    expect(use[1]).toBe("await loadTfjsNode('@tensorflow/tfjs-node-gpu');");
  });

  it('names what is faster and not installed, where it would run', () => {
    const bare = withBackends(cpu, absent(wasm), absent(tensorflow), absent(gpu));
    const [onProcessor, onWasm, onGpu] = [
      'npm install @tensorflow/tfjs-node@4.22.0',
      'npm install @tensorflow/tfjs-backend-wasm@4.22.0',
      'npm install @tensorflow/tfjs-node-gpu@4.22.0',
    ];
    expect(installs(bare)).toEqual([onProcessor, onWasm]);
    expect(installs(onMachine(bare, { gpus: ['NVIDIA H100'] }))).toEqual([
      ...[onGpu, onProcessor, onWasm],
    ]);
    expect(installs(onMachine(bare, { platform: 'win32', arch: 'arm64' }))).toEqual([onWasm]);
    expect(installs(onMachine(soundFacts, { gpus: ['NVIDIA H100'] }))).toEqual([onGpu]);
    expect(installs(withBackends(cpu, absent(wasm), tensorflow, absent(gpu)))).toEqual([]);
  });

  it('notes what tfjs-node runs into on newer Nodes', () => {
    expect(diagnose(onMachine(soundFacts, { node: '24.1.0' })).notes).toEqual([
      'On Node 24, tfjs-node fails at its first operation if it is imported directly; with loadTfjsNode it works.',
    ]);
    const without = withBackends(cpu, wasm, absent(tensorflow), absent(gpu));
    expect(diagnose(onMachine(without, { node: '24.1.0' })).notes).toEqual([]);
  });

  it('notes that it speaks of another resnet-heads than the folder has', () => {
    const note = (resnetHeads: string | null) =>
      diagnose({ ...soundFacts, folder: { path: '/app', resnetHeads } }).notes;
    const start =
      'This report is about the resnet-heads in /app/node_modules/resnet-heads; programs in this folder get ';
    expect(note(null)).toEqual([`${start}none.`]);
    expect(note('/app/other')).toEqual([`${start}the one in /app/other.`]);
  });
});

describe('fitsCaret', () => {
  it.each([
    ['4.22.0', true],
    ['4.22.1', true],
    ['4.23.0', true],
    ['4.100.0-rc.1', true],
    ['4.21.9', false],
    ['3.99.0', false],
    ['5.0.0', false],
    ['nonsense', false],
  ])('%s', (version, fits) => {
    expect(fitsCaret(version, '^4.22.0')).toBe(fits);
  });
});
