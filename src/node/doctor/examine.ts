import { BACKENDS, type Backend } from './backends.js';
import type { BackendFacts, BackendName, Facts, Measured, Peer, Trial } from './facts.js';
import { describeMachine } from './machine.js';
import { findCopies, locate, ownPackage } from './packages.js';
import { type ChildScript, tryBackend } from './trial.js';

/** Rounding in another order changes a ResNet-50's scores by about 1e-6 of the largest. */
export const TOLERANCE = 1e-4;

const PEERS = [
  { name: 'sharp', usedFor: 'reading pictures: train, evaluate, classify, explain' },
  { name: 'echarts', usedFor: 'drawing charts: --format svg' },
];

/** The largest difference relative to the largest true value. */
function relativeError(values: readonly number[], truth: readonly number[]): number {
  const differences = truth.map((value, i) => Math.abs(value - (values[i] ?? NaN)));
  return Math.max(...differences) / Math.max(...truth.map(Math.abs));
}

/** Compares a trial with plain JavaScript's; without one, its numbers must only be finite. */
export function judge(
  { name, package: packageName }: Pick<Backend, 'name' | 'package'>,
  version: string,
  { loaded, measured, failure, missingLibraries }: Trial,
  truth: Measured | null,
): BackendFacts {
  const compare = (of: (measured: Measured) => readonly number[]): number | null =>
    measured === null || truth === null ? null : relativeError(of(measured), of(truth));
  const scoreError = compare(({ scores }) => scores);
  const lossError = compare(({ loss }) => [loss]);
  const computes =
    measured !== null &&
    [...measured.scores, measured.loss].every(Number.isFinite) &&
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

const untried = (
  { name, package: packageName }: Backend,
  version: string | null,
): BackendFacts => ({
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
  /** The script that runs {@link checkBackend}. */
  readonly child: ChildScript;
  /** The current folder. */
  readonly folder: string;
  readonly onBackend?: (name: BackendName) => void;
}

/** Examines the machine and the installed packages, and tries each backend in turn. */
export async function examine({ child, folder, onBackend }: ExamineOptions): Promise<Facts> {
  const resnetHeads = ownPackage();
  const here = locate(resnetHeads.name, folder)?.path ?? null;
  const tfjs = locate('@tensorflow/tfjs', resnetHeads.path);
  const places = [{ label: resnetHeads.path, folder: resnetHeads.path }];
  // The current folder's packages only matter if its programs import this package.
  if (here === resnetHeads.path) places.push({ label: 'this folder', folder });
  const backends: BackendFacts[] = [];
  let truth: Measured | null = null;
  for (const backend of BACKENDS) {
    const version = locate(backend.package, resnetHeads.path)?.version ?? null;
    if (version === null || tfjs === null) {
      backends.push(untried(backend, version));
      continue;
    }
    onBackend?.(backend.name);
    const trial = await tryBackend(backend.name, child);
    if (backend.name === 'cpu') truth = trial.measured;
    backends.push(judge(backend, version, trial, truth));
  }
  return {
    resnetHeads,
    machine: await describeMachine(),
    folder: { path: folder, resnetHeads: here },
    tfjs,
    copies: findCopies(places),
    backends,
    peers: PEERS.map(({ name, usedFor }): Peer => ({
      name,
      version: locate(name, resnetHeads.path)?.version ?? null,
      usedFor,
    })),
  };
}
