/** The process of `runTimes` that measures on the backend that is named. Prints its times as JSON. */
import * as tf from '@tensorflow/tfjs';
import { compareHeads, loadTfjsNode, resnet } from 'resnet-heads';
import { HIDDEN_UNITS, SHOWN_HEADS, studyHeads } from './heads.js';
import { type BackendTimes, type HeadRounds, ROUNDS } from './times.js';

const CLASSES = 10;
const BATCH_SIZE = 32;

async function measure(backend: string): Promise<BackendTimes> {
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
  else await loadTfjsNode();
  if (!(await tf.setBackend(backend))) throw new Error(`${backend} does not start here`);
  const base = resnet({ depth: 50 });
  const recipes = studyHeads(CLASSES, HIDDEN_UNITS);
  const named = SHOWN_HEADS.map((head) => ({ ...recipes[head], name: head }));
  const rounds: HeadRounds[] = SHOWN_HEADS.map((head) => ({
    ...{ head, predictMs: [], trainStepMs: [] },
  }));
  for (let round = 0; round < ROUNDS; round++) {
    // Another head is first in each round.
    const first = round % named.length;
    const order = [...named.slice(first), ...named.slice(0, first)];
    const options = { measure: true, batchSize: BATCH_SIZE, runs: 1 };
    const { heads } = await compareHeads(base, order, options);
    for (const { name, times } of heads) {
      const own = rounds.find(({ head }) => head === name);
      if (times?.predictMs) own?.predictMs.push(times.predictMs.median);
      if (times?.trainStepMs) own?.trainStepMs.push(times.trainStepMs.median);
    }
    console.error(`${backend}: round ${round + 1} of ${ROUNDS}`);
  }
  base.dispose();
  return { backend, heads: rounds };
}

await tf.ready();
console.log(JSON.stringify(await measure(process.argv[2] ?? '')));
