import { analyze } from 'resnet-heads';
import * as tf from '@tensorflow/tfjs';
import { countHeads, timeHeads } from './costs.js';
import { experiment } from './experiment.js';
import { fitProtocol } from './protocols.js';
import type { Protocol, StudyResults } from './results.js';
import type { Task } from './task.js';

const MS_PER_SECOND = 1_000;

/**
 * Counts, times, tunes, trains and tests all heads on a task.
 *
 * @param rounds in which times are taken
 * @param onDone told what was done
 */
export async function study(
  task: Task,
  wanted: Protocol,
  rounds: number,
  onDone: (line: string) => void,
): Promise<StudyResults> {
  const begin = performance.now();
  const protocol = fitProtocol(wanted, task.pool.labels);
  const { params, macs } = analyze(task.backbone.model).totals;
  const costs = countHeads(task, protocol);
  const times = await timeHeads(task, protocol, rounds);
  onDone('counted and timed');
  const { tuning, runs } = await experiment(task, protocol, onDone);
  const { name, title, classes, description, pool, test } = task;
  return {
    task: name,
    title,
    base: { description, parameters: params, macs, featureShape: pool.featureShape },
    made: {
      date: new Date().toISOString().slice(0, 10),
      backend: tf.getBackend(),
      seconds: Math.round((performance.now() - begin) / MS_PER_SECOND),
    },
    pictures: { classes, pool: pool.labels.length, test: test.get(0)?.labels.length ?? 0 },
    protocol,
    costs,
    times,
    tuning,
    runs,
  };
}
