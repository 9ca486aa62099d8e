import { fork } from 'node:child_process';
import type { News } from './check.js';
import type { Trial } from './facts.js';

/** A script that checks the backend or engine whose name is its last argument. */
export interface ChildScript {
  readonly path: string;
  readonly args: readonly string[];
}

/** Plain JavaScript takes 4 s on two cores, and may take six times as long on a Raspberry Pi. */
const LIMIT_MS = 30_000;
/** Enough to show the cause of a crash. */
const SHOWN_LINES = 3;
/** Longer lines are the minified source that Node quotes. */
const MAX_LINE = 500;
const MAX_LOG = 100_000;

/** What a process printed last: lines that look like errors, or else its last lines. */
function lastWords(log: string): string[] {
  const lines = log.split('\n').map((line) => line.trim());
  const readable = lines.filter((line) => line !== '' && line.length <= MAX_LINE);
  const errors = readable.filter((line) => /error:|fatal|terminat|undefined symbol/i.test(line));
  return (errors.length > 0 ? errors : readable).slice(-SHOWN_LINES);
}

/** What TensorFlow's loader prints for each missing CUDA library before it continues without GPUs. */
const MISSING = /Could not load dynamic library '([^']+)'/g;

/** Tries a backend or an engine in a separate process, which may crash, or hang and be killed. Never rejects. */
export function tryInProcess(
  name: string,
  { path, args }: ChildScript,
  limitMs = LIMIT_MS,
): Promise<Trial> {
  return new Promise((resolve) => {
    const child = fork(path, [...args, name], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // JSON has no NaN.
      serialization: 'advanced',
      // Missing libraries are only logged at the lowest level.
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '0' },
    });
    let trial: Trial = { loaded: null, measured: null, failure: null, missingLibraries: [] };
    let log = '';
    let isLate = false;
    const fail = (message: string) => {
      trial = { ...trial, failure: { stage: trial.loaded ? 'check' : 'load', message } };
    };
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, limitMs);
    child.stderr?.on('data', (text) => {
      log = (log + String(text)).slice(-MAX_LOG);
    });
    child.on('message', (message) => {
      const news = message as News;
      if ('error' in news) fail(news.error);
      else trial = { ...trial, ...news };
      // Killed, as a normal exit could hang while unloading.
      if (!('loaded' in news)) child.kill('SIGKILL');
    });
    child.on('error', ({ message }) => {
      fail(message);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (trial.measured === null && trial.failure === null) {
        const end = isLate
          ? `no answer within ${limitMs / 1000} s`
          : `ended by ${signal ?? `exit code ${String(code)}`}`;
        fail([end, ...lastWords(log)].join('; '));
      }
      const missing = new Set([...log.matchAll(MISSING)].map(([, library = '']) => library));
      resolve({ ...trial, missingLibraries: [...missing] });
    });
  });
}
