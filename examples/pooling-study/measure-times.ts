/** The process of `runTimes` that measures on the backend that is named. Prints its times as JSON. */
import * as tf from '@tensorflow/tfjs';
import { compareHeads, loadTfjsNode, resnet } from 'resnet-heads';
import { HEADS, HIDDEN_UNITS, studyHeads } from './heads.js';
import type { BackendTimes } from './times.js';

const CLASSES = 10;
const BATCH_SIZE = 32;

async function measure(backend: string): Promise<BackendTimes> {
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  else await loadTfjsNode();
  if (!(await tf.setBackend(backend))) throw new Error(`${backend} does not start here`);
  const base = resnet({ depth: 50 });
  const recipes = studyHeads(CLASSES, HIDDEN_UNITS);
  const { heads } = await compareHeads(
    base,
    HEADS.map((head) => ({ ...recipes[head], name: head })),
    { measure: true, batchSize: BATCH_SIZE },
  );
  base.dispose();
  return { backend, heads: heads.map(({ name, times }) => ({ head: name, times: times ?? null })) };
}

await tf.ready();
console.log(JSON.stringify(await measure(process.argv[2] ?? '')));
