import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';

export const WINDOWS = process.platform === 'win32';

/** Far above any honest duration (compiling takes 9 s), so that a hung CI job ends with a message. */
const LIMIT_S = 900;
/** Enough of a failed program's output to hold the cause. */
const SHOWN_LINES = 6;

/** @type {import('node:child_process').ChildProcess | undefined} */
let running;

/** Kills the child's whole group: what npm and node-gyp start would outlive them and write on. */
function killRunning() {
  try {
    if (running?.pid) process.kill(WINDOWS ? running.pid : -running.pid, 'SIGKILL');
  } catch {
    // It ended by itself a moment ago.
  }
}
process.on('exit', killRunning);
for (const signal of /** @type {const} */ (['SIGHUP', 'SIGINT', 'SIGTERM'])) {
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
}

/**
 * Runs a program silently; if it fails or outlasts the limit, throws its errors or its last lines.
 * @param {string[]} command
 * @param {{ cwd: string, limit?: number, shell?: boolean, env?: Record<string, string> }} options
 */
export async function run([program = '', ...args], { limit = LIMIT_S, env, ...options }) {
  let output = '';
  // A group of its own, for killRunning; on Windows `detached` would open a console instead.
  const group = { detached: !WINDOWS, env: { ...process.env, ...env } };
  const child = spawn(program, args, { ...options, ...group });
  running = child;
  child.stdin.end();
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const timer = setTimeout(() => {
    output += `\nerror: stopped after ${limit} s`;
    killRunning();
  }, limit * 1000);
  try {
    const [code, signal] = await once(child, 'close');
    if (code === 0) return;
    const lines = output.split('\n').filter((line) => line.trim());
    const errors = lines.filter((line) => /error: /i.test(line));
    const shown = (errors.length > 0 ? errors : lines).slice(-SHOWN_LINES);
    throw new Error([`${program} ended with ${signal ?? code}`, ...shown].join('\n'));
  } finally {
    clearTimeout(timer);
    running = undefined;
  }
}

/** @type {(label: string, action: () => Promise<void>) => Promise<void>} */
export async function step(label, action) {
  const start = performance.now();
  process.stdout.write(`${label} … `);
  try {
    await action();
  } finally {
    console.log(`${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
}
