import { BACKENDS } from './backends.js';
import { ENGINE_PACKAGES } from './engines.js';
import type { BackendFacts, EngineFacts, Facts, Measured, Peer, Trial, Tried } from './facts.js';
import { describeMachine } from './machine.js';
import { findCopies, locate, ownPackage } from './packages.js';
import { type ChildScript, tryInProcess } from './trial.js';

/** Rounding in another order changes a ResNet-50's scores by about 1e-6 of the largest. */
export const TOLERANCE = 1e-4;

const PEERS = [
  { name: 'sharp', usedFor: 'reading pictures: train, evaluate, classify, explain' },
  { name: 'echarts', usedFor: 'drawing charts: --format svg' },
  { name: 'tar-stream', usedFor: 'reading tar files: extract' },
  { name: '@aws-sdk/client-s3', usedFor: 'object storage, s3:// addresses: extract' },
  { name: '@aws-sdk/lib-storage', usedFor: 'object storage, --out s3://…: extract' },
];

/** The largest difference relative to the largest true value. */
function relativeError(values: readonly number[], truth: readonly number[]): number {
  const differences = truth.map((value, i) => Math.abs(value - (values[i] ?? NaN)));
  return Math.max(...differences) / Math.max(...truth.map(Math.abs));
}

/** A backend or an engine, and the package that it comes from. */
interface Subject<Name extends string> {
  readonly name: Name;
  readonly package: string;
}

/** Compares a trial with plain JavaScript's; without one, its numbers must only be finite. */
export function judge<Name extends string>(
  { name, package: packageName }: Subject<Name>,
  version: string,
  { loaded, measured, failure, missingLibraries }: Trial,
  truth: Measured | null,
): Tried<Name> {
  const scoreError = measured && truth && relativeError(measured.scores, truth.scores);
  const [loss, trueLoss] = [measured?.loss ?? null, truth?.loss ?? null];
  const lossError = loss === null || trueLoss === null ? null : relativeError([loss], [trueLoss]);
  const computes =
    measured !== null &&
    [...measured.scores, loss ?? 0].every(Number.isFinite) &&
    // `<=`, so that NaN fails.
    (scoreError ?? 0) <= TOLERANCE &&
    (lossError ?? 0) <= TOLERANCE;
  return {
    name,
    package: packageName,
    version,
    state: computes && failure === null ? 'passed' : 'failed',
    loaded,
    forward: measured?.forward ?? null,
    scoreError,
    lossError,
    failure,
    missingLibraries,
  };
}

const untried = <Name extends string>(
  { name, package: packageName }: Subject<Name>,
  version: string | null,
): Tried<Name> => ({
  name,
  package: packageName,
  version,
  state: version === null ? 'not installed' : 'not tried',
  loaded: null,
  forward: null,
  scoreError: null,
  lossError: null,
  failure: null,
  missingLibraries: [],
});

export interface ExamineOptions {
  /** The script that runs `checkBackend` after `--backend`, and `checkEngine` after `--engine`. */
  readonly child: ChildScript;
  /** The current folder. */
  readonly folder: string;
  readonly onTrial?: (name: string) => void;
}

/** Examines the machine and the installed packages, and tries each backend and each engine in turn. */
export async function examine({ child, folder, onTrial }: ExamineOptions): Promise<Facts> {
  const resnetHeads = ownPackage();
  const here = locate(resnetHeads.name, folder)?.path ?? null;
  const tfjs = locate('@tensorflow/tfjs', resnetHeads.path);
  const places = [{ label: resnetHeads.path, folder: resnetHeads.path }];
  // The current folder's packages only matter if its programs import this package.
  if (here === resnetHeads.path) places.push({ label: 'this folder', folder });
  let truth: Measured | null = null;
  const attempt = async <Name extends string>(subject: Subject<Name>, flag: string) => {
    const version = locate(subject.package, resnetHeads.path)?.version ?? null;
    if (version === null || tfjs === null) return untried(subject, version);
    onTrial?.(subject.name);
    const { path, args } = child;
    const trial = await tryInProcess(subject.name, { path, args: [...args, flag] });
    // Plain JavaScript comes first.
    if (subject.name === 'cpu') truth = trial.measured;
    return judge(subject, version, trial, truth);
  };
  const backends: BackendFacts[] = [];
  for (const backend of BACKENDS) backends.push(await attempt(backend, '--backend'));
  const engines: EngineFacts[] = [];
  for (const engine of ENGINE_PACKAGES) engines.push(await attempt(engine, '--engine'));
  return {
    resnetHeads,
    machine: await describeMachine(),
    folder: { path: folder, resnetHeads: here },
    tfjs,
    copies: findCopies(places),
    backends,
    engines,
    peers: PEERS.map(({ name, usedFor }): Peer => ({
      name,
      version: locate(name, resnetHeads.path)?.version ?? null,
      usedFor,
    })),
  };
}
