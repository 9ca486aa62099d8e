import { peerDependencies } from '../../../package.json';
import { BACKENDS, codeToUse } from './backends.js';
import { defaultEngine, needsGpu } from './engines.js';
import type { BackendFacts, Checkup, Diagnosis, EngineFacts, Facts, Finding } from './facts.js';
import { remedyFor } from './remedies.js';

/** Node 23 removed two functions that tfjs-node 4.22 calls in each operation, though not when it loads. */
const NODE_WITHOUT_LEGACY = 23;

const firstLine = (text: string): string => text.split('\n', 1)[0]?.trim() ?? '';
const tfjsRange = peerDependencies['@tensorflow/tfjs'];

/** Whether a version fits the range `^a.b.c`. */
export function fitsCaret(version: string, range: string): boolean {
  const parts = (text: string) => text.split('.').map((part) => parseInt(part, 10));
  const [major = NaN, minor = NaN, patch = NaN] = parts(version);
  const [least = NaN, leastMinor = NaN, leastPatch = NaN] = parts(range.replace('^', ''));
  if (major !== least) return false;
  return minor === leastMinor ? patch >= leastPatch : minor > leastMinor;
}

/** The version that all TensorFlow.js packages should have; null if @tensorflow/tfjs itself doesn't fit. */
const wantedVersion = ({ tfjs }: Facts): string | null =>
  tfjs !== null && fitsCaret(tfjs.version, tfjsRange) ? tfjs.version : null;

function findTfjs({ tfjs }: Facts): Finding[] {
  const subject = '@tensorflow/tfjs';
  if (tfjs === null) {
    const what = "it isn't installed, but every backend needs it";
    return [{ subject, what, remedy: 'npm install @tensorflow/tfjs', got: [] }];
  }
  if (fitsCaret(tfjs.version, tfjsRange)) return [];
  const what = `resnet-heads needs ${tfjsRange}`;
  return [{ subject, what, remedy: `npm install ${subject}@4`, got: [tfjs.version] }];
}

/**
 * Finds packages that are installed more than once. The copies share the engine, which tfjs-core keeps in a global, and so their
 * tensors, but not their classes and lists of layers.
 */
function findSecondCopies({ copies, tfjs }: Facts): Finding[] {
  const twice = copies.filter(({ name, path }) =>
    copies.some((other) => other.name === name && other.path !== path),
  );
  const [first] = twice;
  if (first === undefined) return [];
  const names = [...new Set(twice.map(({ name }) => name))];
  const version = tfjs?.version ?? first.version;
  const pins = names.map((name) => `"${name}": "${version}"`).join(', ');
  // npm merges copies of the same version only.
  const merge = twice.every((copy) => copy.version === first.version)
    ? 'npm dedupe'
    : `install those at ${version}`;
  return [
    {
      subject: names.join(', '),
      what: 'there is a second copy, so instanceof fails: a model of one copy is not a LayersModel of the other',
      remedy: `npm ls @tensorflow/tfjs-core shows which packages bring it; ${merge}, or put "overrides": { ${pins} } into package.json and npm install`,
      got: twice.map((copy) => `${copy.version} in ${copy.path}`),
    },
  ];
}

function findFailure(facts: BackendFacts, { machine }: Facts): Finding[] {
  const { name: subject, package: packageName, state, failure, scoreError, lossError } = facts;
  if (state !== 'failed' || needsGpu(facts)) return [];
  if (failure === null) {
    const error = (value: number | null) => (value === null ? 'unknown' : value.toExponential(1));
    return [
      {
        subject,
        what: 'its results differ from those of plain JavaScript',
        remedy: `npm install ${packageName} again, and don't use it until it passes`,
        got: [`relative error ${error(scoreError)} of scores, ${error(lossError)} of a loss`],
      },
    ];
  }
  const { what, remedy } = remedyFor(failure.message);
  const needless = subject === 'tensorflow-gpu' && machine.gpus.length === 0;
  const orRemove = needless
    ? `; or npm uninstall ${packageName}, as there is no NVIDIA GPU here`
    : '';
  return [
    { subject, what, remedy: remedy(packageName) + orRemove, got: [firstLine(failure.message)] },
  ];
}

/** An engine whose package is installed and doesn't work. One that needs a GPU may lack it. */
function findEngineFailure(facts: EngineFacts): Finding[] {
  const { name, package: packageName, state, failure, scoreError } = facts;
  // What is wrong with tfjs-node is said of the backend.
  if (state !== 'failed' || name === 'tensorflow' || needsGpu(facts)) return [];
  const got =
    failure === null
      ? `relative error ${scoreError?.toExponential(1) ?? 'unknown'} of scores`
      : firstLine(failure.message);
  return [
    {
      subject: `engine ${name}`,
      what:
        failure === null ? 'its results differ from those of plain JavaScript' : "it doesn't work",
      remedy: `npm install ${packageName} again, or npm uninstall ${packageName}`,
      got: [got],
    },
  ];
}

function findVersion({ name, package: packageName, version }: BackendFacts, facts: Facts) {
  const wanted = wantedVersion(facts);
  if (wanted === null || version === null || version === wanted) return [];
  const finding: Finding = {
    subject: name,
    what: `${packageName} ${version} doesn't match @tensorflow/tfjs ${wanted}`,
    remedy: `npm install ${packageName}@${wanted}`,
    got: [],
  };
  return [finding];
}

function findIdleGpu(facts: BackendFacts, { machine }: Facts): Finding[] {
  const { name, loaded, missingLibraries } = facts;
  const isIdle = name === 'tensorflow-gpu' && loaded?.usesGpu === false;
  if (!isIdle || machine.gpus.length === 0) return [];
  return [
    {
      subject: name,
      what: "there is a GPU, but TensorFlow doesn't use it",
      // README of tfjs-node-gpu 4.22.
      remedy:
        'install CUDA 11.2 and cuDNN 8.1, and add their folders to LD_LIBRARY_PATH (on Windows to PATH)',
      got: missingLibraries.map((library) => `${library} was not found`),
    },
  ];
}

/** The backends that passed, the fastest first. A backend timed only at a smaller size was too slow for the usual one. */
function bySpeed(backends: readonly BackendFacts[]): BackendFacts[] {
  const passed = backends.filter(({ state }) => state === 'passed');
  const hasProcessorBuild = passed.some(({ name }) => name === 'tensorflow');
  const isIdle = ({ name, loaded }: BackendFacts) =>
    name === 'tensorflow-gpu' && loaded?.usesGpu !== true;
  return passed
    .filter((each) => !(isIdle(each) && hasProcessorBuild))
    .sort(
      ({ forward: a }, { forward: b }) =>
        (b?.inputSize ?? 0) - (a?.inputSize ?? 0) || (a?.medianMs ?? 0) - (b?.medianMs ?? 0),
    );
}

function whatIsFaster(facts: Facts): Diagnosis['faster'] {
  const { machine, backends } = facts;
  const version = wantedVersion(facts);
  if (version === null) return [];
  const state = (name: string) => backends.find((each) => each.name === name)?.state;
  const missing = (name: string) =>
    state(name) === 'not installed' &&
    BACKENDS.some((backend) => backend.name === name && backend.runsOn(machine));
  const install = (name: string) => `npm install ${name}@${version}`;
  const hasGpu = machine.gpus.length > 0;
  const isGpuUsed = backends.some(({ loaded }) => loaded?.usesGpu === true);
  const isTensorFlowThere = [state('tensorflow'), state('tensorflow-gpu')].includes('passed');
  const hasRuntime = facts.engines.some(
    (each) => each.name === 'onnxruntime' && each.state !== 'not installed',
  );
  return [
    ...(hasRuntime
      ? []
      : [
          {
            install: 'npm install onnxruntime-node --ignore-scripts',
            why: 'ONNX Runtime, the fastest library for frozen backbones on a CPU, without a compiler',
          },
        ]),
    ...(hasGpu && missing('tensorflow-gpu')
      ? [
          {
            install: install('@tensorflow/tfjs-node-gpu'),
            why: "TensorFlow's native library on the GPU; needs CUDA 11.2 and cuDNN 8.1",
          },
        ]
      : []),
    ...(!isGpuUsed && !isTensorFlowThere && missing('tensorflow')
      ? [
          {
            install: install('@tensorflow/tfjs-node'),
            why: "TensorFlow's native library, usually the fastest on a CPU for heads and fine-tuning",
          },
        ]
      : []),
    ...(!isTensorFlowThere && missing('wasm')
      ? [
          {
            install: install('@tensorflow/tfjs-backend-wasm'),
            why: 'WebAssembly, many times as fast as plain JavaScript, without a native library',
          },
        ]
      : []),
  ];
}

function notesOn({ machine, backends, folder, resnetHeads }: Facts): string[] {
  const major = parseInt(machine.node, 10);
  const hasTfjsNode = backends.some(
    ({ name, state }) => name.startsWith('tensorflow') && state === 'passed',
  );
  const notes: string[] = [];
  if (hasTfjsNode && major >= NODE_WITHOUT_LEGACY) {
    notes.push(
      `On Node ${major}, tfjs-node fails at its first operation if it is imported directly; with loadTfjsNode it works.`,
    );
  }
  if (folder.resnetHeads !== resnetHeads.path) {
    const other = folder.resnetHeads === null ? 'none' : `the one in ${folder.resnetHeads}`;
    notes.push(
      `This report is about the resnet-heads in ${resnetHeads.path}; programs in this folder get ${other}.`,
    );
  }
  return notes;
}

/** Draws conclusions from the facts: what is wrong and how to fix it, which backend to use, and how to get a faster one. */
export function diagnose(facts: Facts): Checkup {
  const { backends, tfjs } = facts;
  const secondCopies = findSecondCopies(facts);
  const [best] = bySpeed(backends);
  const installed = backends
    .filter(({ state }) => state !== 'not installed')
    .map(({ name }) => name);
  return {
    ...facts,
    healthy: tfjs !== null && best !== undefined && secondCopies.length === 0,
    findings: [
      ...findTfjs(facts),
      ...secondCopies,
      ...backends.flatMap((each) => [
        ...findVersion(each, facts),
        ...findFailure(each, facts),
        ...findIdleGpu(each, facts),
      ]),
      ...facts.engines.flatMap(findEngineFailure),
    ],
    best: best?.name ?? null,
    engine: defaultEngine(facts),
    use: best === undefined ? [] : codeToUse(best.name, installed),
    faster: whatIsFaster(facts),
    notes: notesOn(facts),
  };
}
