import { createHash } from 'node:crypto';
import { type Facts, keepFacts } from './facts.js';
import { featuresOf } from './features.js';
import { cellsOf, type Plan } from './protocol.js';
import { keyOf, type Run } from './results.js';
import { runCell } from './run.js';
import { factsText, filesOf, readRuns, writeRuns } from './store.js';
import type { Task } from './tasks/task.js';
import { largestShifts, type Variant } from './variants.js';

const SECONDS_PER_MINUTE = 60;

/** Of all pixels. */
export function hashOf({ pictures }: Task): string {
  const hash = createHash('sha256');
  for (const pixels of pictures) hash.update(pixels);
  return hash.digest('hex');
}

/** The changes of the test pictures that a plan makes. */
const variantsOf = ({ variants }: Task, { changes }: Plan): readonly Variant[] =>
  changes === 'all' ? variants : ['plain', ...largestShifts(variants)];

/** All runs of a task by a plan, in the order in which they are done: a seed after the other, so that what is done is balanced. */
function wantedRuns({ name, trainPerClass }: Task, plan: Plan) {
  const cells = cellsOf(plan, trainPerClass).sort((a, b) => a.seed - b.seed);
  return cells.flatMap((cell) => plan.heads.map((head) => ({ task: name, head, ...cell })));
}

/**
 * Runs what a task's file doesn't have yet. Each run is written when it is done, so that another call goes on.
 *
 * @param say told what was done and what is left
 */
export async function runTask(
  task: Task,
  plan: Plan,
  folder: string,
  say: (line: string) => void,
): Promise<Run[]> {
  const { runs: file, facts } = filesOf(folder, task.name);
  const runs = await readRuns(file);
  const { featureShape } = task.backbone;
  const text = factsText({ ...task, featureShape, sha256: hashOf(task) });
  await keepFacts(facts, JSON.parse(text) as Facts, runs.length > 0);
  const done = new Set(runs.map(keyOf));
  const left = wantedRuns(task, plan).filter((run) => !done.has(keyOf(run as Run)));
  say(`${task.title}: runs left: ${left.length}, done: ${done.size}`);
  if (left.length === 0) return runs;
  const features = await featuresOf(task, variantsOf(task, plan), (variant) => {
    say(`${task.title}: features of ${task.pictures.length} pictures, ${variant}`);
  });
  const begin = performance.now();
  for (const [i, { head, ...cell }] of left.entries()) {
    const run = await runCell(task, features, head, cell, plan.hiddenUnits);
    runs.push(run);
    await writeRuns(file, runs);
    const minutes = (performance.now() - begin) / 1000 / SECONDS_PER_MINUTE;
    const rest = (minutes / (i + 1)) * (left.length - i - 1);
    const what = `${head}, ${cell.size} per class, ${cell.condition}, seed ${cell.seed}`;
    const accuracy = (100 * run.accuracy).toFixed(1);
    say(
      `${task.name}: ${what}: ${accuracy} % in ${run.seconds.toFixed(1)} s; runs left: ${left.length - i - 1}, minutes: about ${rest.toFixed(0)}`,
    );
  }
  return runs;
}
