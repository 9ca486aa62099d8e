import type { Format } from '../../report/format/index.js';
import { bytes, figures } from '../../numbers.js';
import { printable } from '../../printable.js';
import { drawTable, type Table, type TableFormat } from '../../report/format/table.js';
import type { EngineName } from '../../engine/names.js';
import { needsGpu } from './engines.js';
import type { BackendFacts, Checkup, EngineFacts, Finding, Forward } from './facts.js';

function machineTable({ resnetHeads, machine, tfjs, copies, peers }: Checkup): Table {
  const { node, platform, arch, processor, cores, memoryBytes, gpus } = machine;
  const count = (name: string) => copies.filter((copy) => copy.name === name).length;
  const core = count('@tensorflow/tfjs-core');
  const layers = count('@tensorflow/tfjs-layers');
  const rows = [
    ['Node.js', `${node} on ${platform}-${arch}`],
    ['processor', `${processor}, ${cores} cores`],
    ['memory', bytes(memoryBytes)],
    ['NVIDIA GPU', gpus.join(', ') || 'none'],
    ['@tensorflow/tfjs', tfjs === null ? 'not installed' : `${tfjs.version} in ${tfjs.path}`],
    ...(tfjs === null ? [] : [['copies', `${core} of tfjs-core, ${layers} of tfjs-layers`]]),
    ...peers.map(({ name, version, usedFor }) => [
      name,
      version ?? `not installed; needed for ${usedFor}`,
    ]),
  ];
  return { columns: [{ title: `resnet-heads ${resnetHeads.version}` }, { title: '' }], rows };
}

const speed = ({ medianMs, inputSize }: Forward): string =>
  `${figures(medianMs)} ms at ${inputSize} × ${inputSize}`;

function traits({ name, loaded }: BackendFacts): string {
  if (loaded === null) return '';
  const { tensorflow, usesGpu, simd, threads } = loaded;
  const threadCount = threads === 1 ? '1 thread' : `${threads ?? 0} threads`;
  return [
    tensorflow === null ? '' : `TensorFlow ${tensorflow}`,
    usesGpu === true ? 'on the GPU' : '',
    // Always true of the other package, so not said there.
    usesGpu === false && name === 'tensorflow-gpu' ? 'on the CPU' : '',
    simd === null ? '' : simd ? 'SIMD' : 'no SIMD',
    threads === null ? '' : threadCount,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

const verdict = (facts: BackendFacts | EngineFacts): string => {
  const { state, failure } = facts;
  if (state !== 'failed') return state;
  if (needsGpu(facts)) return 'not available';
  if (failure === null) return 'wrong numbers';
  return failure.stage === 'load' ? "doesn't load" : 'fails';
};

function backendTable({ backends, best }: Checkup): Table {
  return {
    columns: [
      { title: 'backend' },
      { title: 'package', dispensable: 3 },
      { title: 'version', dispensable: 2 },
      { title: 'check' },
      { title: 'a ResNet-50 takes', align: 'r' },
      { title: 'computes with', dispensable: 1 },
    ],
    rows: backends.map((backend) => [
      backend.name === best ? `${backend.name} (best)` : backend.name,
      backend.package,
      backend.version ?? '',
      verdict(backend),
      backend.forward === null ? '' : speed(backend.forward),
      traits(backend),
    ]),
  };
}

function engineTable({ engines, engine: byDefault, backends, best }: Checkup): Table {
  const nameOf = (name: EngineName) => (name === byDefault ? `${name} (default)` : name);
  // The engine layers is TensorFlow.js itself, on the backend that was tried.
  const active = backends.find(({ name }) => name === best);
  return {
    columns: [
      { title: 'engine' },
      { title: 'package', dispensable: 2 },
      { title: 'version', dispensable: 1 },
      { title: 'check' },
      { title: 'a ResNet-50 takes', align: 'r' },
    ],
    rows: [
      ...engines.map((each) => [
        nameOf(each.name),
        each.package,
        each.version ?? '',
        verdict(each),
        each.forward === null ? '' : speed(each.forward),
      ]),
      [
        nameOf('layers'),
        active?.package ?? '',
        active?.version ?? '',
        active === undefined ? 'no backend passed' : `as backend ${active.name}`,
        active?.forward ? speed(active.forward) : '',
      ],
    ],
  };
}

/** Why what needs a GPU doesn't work. */
const unavailable = ({ backends, engines }: Checkup): string[] =>
  [...backends, ...engines]
    .filter((each) => each.state === 'failed' && needsGpu(each))
    .map(({ name, failure }) => {
      const why = failure?.message.split('\n', 1)[0] ?? 'wrong numbers';
      return printable(`- ${why.startsWith(`${name}: `) ? '' : `${name}: `}${why}`);
    });

const listFinding = ({ subject, what, remedy, got }: Finding): string =>
  [`- ${subject}: ${what}`, `  do: ${remedy}`, ...got.map((line) => `  got: ${line}`)]
    .map(printable)
    .join('\n');

const block = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : [title, '', ...lines].join('\n');

/** Indented as a Markdown code block. */
const code = (lines: readonly string[]): string[] => lines.map((line) => `    ${line}`);

const LEGEND =
  "The check compares a ResNet-50's scores, and of backends also one training step, with those of plain JavaScript.\n" +
  'The time is for one image; slow backends are timed with a smaller one. Engines run frozen backbones; the engine layers is the best backend itself.';

/** Formats a checkup as text, Markdown or JSON; JSON has all fields. */
export function formatCheckup(checkup: Checkup, as: Format, width?: number): string {
  if (as === 'json') return JSON.stringify(checkup, null, 2);
  const table = (each: Table, form: TableFormat) => drawTable(each, form, width);
  const { findings, best, use, faster, notes } = checkup;
  return [
    table(machineTable(checkup), as),
    table(backendTable(checkup), as),
    table(engineTable(checkup), as),
    checkup.backends.some(({ loaded }) => loaded !== null) ? LEGEND : '',
    block('Not available here:', unavailable(checkup)),
    block('Problems and how to fix them:', findings.map(listFinding)),
    best === null ? 'No backend passed.' : block(`Use ${best}:`, code(use)),
    block(
      'Usually faster:',
      faster.map(({ install, why }) => `- ${install}\n  ${why}`),
    ),
    notes.join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
