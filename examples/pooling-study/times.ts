/**
 * Measures what heads on a ResNet-50 take to predict and to train, with each backend in a process of its own: an idle machine, please.
 *
 *     npx tsx examples/pooling-study/times.ts --out FOLDER
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { compareHeads, type HeadTimes, loadTfjsNode, resnet } from 'resnet-heads';
import { machine } from '../../bench/versions.js';
import { HEADS, studyHeads } from './heads.js';
import { HIDDEN_UNITS } from './protocol.js';

const CLASSES = 10;
const BACKENDS = ['tensorflow', 'wasm'] as const;

/** The times of all heads on one backend. */
export interface BackendTimes {
  readonly backend: string;
  readonly heads: readonly { readonly head: string; readonly times: HeadTimes | undefined }[];
}

async function measure(backend: string): Promise<BackendTimes> {
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  else await loadTfjsNode();
  if (!(await tf.setBackend(backend))) throw new Error(`${backend} does not start here`);
  const base = resnet({ depth: 50 });
  const recipes = studyHeads(CLASSES, HIDDEN_UNITS);
  const { heads } = await compareHeads(
    base,
    HEADS.map((head) => ({ ...recipes[head], name: head })),
    { measure: true },
  );
  base.dispose();
  return { backend, heads: heads.map(({ name, times }) => ({ head: name, times })) };
}

const { values: given } = parseArgs({
  options: { backend: { type: 'string' }, out: { type: 'string' } },
});
if (given.backend !== undefined) {
  await tf.ready();
  console.log(JSON.stringify(await measure(given.backend)));
} else {
  const out = given.out ?? join('.cache', 'pooling-study');
  mkdirSync(out, { recursive: true });
  const measured = BACKENDS.map((backend) => {
    const args = ['--import', 'tsx', fileURLToPath(import.meta.url), '--backend', backend];
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const text = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: [...stdio] });
    return JSON.parse(text.trim().split('\n').at(-1) ?? '') as BackendTimes;
  });
  writeFileSync(join(out, 'times.json'), `${JSON.stringify({ machine: machine(), measured })}\n`);
}
