/** The process of `runTimes` that measures on the backend that is named. Prints its times as JSON. */
import * as tf from '@tensorflow/tfjs';
import { compareHeads, loadTfjsNode, resnet } from 'resnet-heads';
import { HIDDEN_UNITS, SHOWN_HEADS, studyHeads } from './heads.js';
import { type BackendTimes, type HeadRounds, roundsOf } from './times.js';

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
  const orders = roundsOf(named);
  let engine = '';
  // The first round is not recorded: kernels are compiled and memory is allocated in it.
  for (const [round, order] of [named, ...orders].entries()) {
    const options = { measure: true, batchSize: BATCH_SIZE, runs: 1 };
    const { heads } = await compareHeads(base, order, options);
    console.error(`${backend}: round ${round} of ${orders.length}`);
    if (round === 0) continue;
    for (const { name, times } of heads) {
      engine = times?.engine ?? engine;
      const own = rounds.find(({ head }) => head === name);
      if (times?.predictMs) own?.predictMs.push(times.predictMs.median);
      if (times?.trainStepMs) own?.trainStepMs.push(times.trainStepMs.median);
    }
  }
  base.dispose();
  return { backend, engine, heads: rounds };
}

await tf.ready();
console.log(JSON.stringify(await measure(process.argv[2] ?? '')));
