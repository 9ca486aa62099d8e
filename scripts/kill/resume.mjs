/**
 * Kills a training run at random moments and resumes it: the weights must be those of an unbroken run.
 *
 *     node scripts/kill/resume.mjs FOLDER BACKBONE [TIMES]
 *
 * Needs a build, pictures, and a TF.js layers model as backbone. Exits with 1 where a run comes to anything else.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , folder = '', backbone = '', times = '100'] = process.argv;
const place = mkdtempSync(join(tmpdir(), 'resnet-heads-kill-'));
const out = join(place, 'classifier');
/** Beside the classifier, which only appears at the end. */
const checkpoint = `${out}.checkpoint.safetensors`;
const args = [
  'dist/cli.js',
  'train',
  folder,
  '--backbone',
  backbone,
  '--preprocessing',
  'tf',
  '--out',
  out,
  '--epochs',
  '60',
  '--seed',
  '7',
];

const hash = () =>
  createHash('sha256')
    .update(readFileSync(join(out, 'weights.bin')))
    .digest('hex');

/** @param {string[]} more */
function finish(...more) {
  const { status, stderr } = spawnSync(process.execPath, [...args, ...more], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

try {
  const begin = performance.now();
  finish();
  const took = performance.now() - begin;
  const expected = hash();
  let [resumed, wrong, left] = [0, 0, 0];
  for (let i = 0; i < Number(times); i++) {
    rmSync(out, { recursive: true, force: true });
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('close', resolve));
    // From its start to a little after its end.
    await sleep(Math.random() * took * 1.1);
    child.kill('SIGKILL');
    await ended;
    const resumable = existsSync(checkpoint);
    if (resumable) resumed += 1;
    finish(...(resumable ? ['--resume'] : []));
    if (hash() !== expected) wrong += 1;
    if (readdirSync(place).length !== 1) left += 1;
  }
  console.log(
    `${times} kills: ${resumed} left a checkpoint, ${wrong} came to other weights, ${left} left files behind`,
  );
  process.exitCode = wrong + left === 0 ? 0 : 1;
} finally {
  rmSync(place, { recursive: true, force: true });
}
