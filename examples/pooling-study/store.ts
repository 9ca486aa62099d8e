import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Pool } from './draws.js';
import { readJson } from './facts.js';
import type { StudyHead } from './heads.js';
import type { Condition, Size } from './protocol.js';
import type { Run } from './results.js';
import { writeWhole } from './write-whole.js';

const BITS = 8;

/** The files of a task: its runs, and what they are read with. */
export const filesOf = (folder: string, task: string) => ({
  runs: join(folder, `${task}.parquet`),
  facts: join(folder, `${task}.json`),
});

/** A bit for each answer; the first is the highest of the first byte. */
export function packed(answers: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(answers.length / BITS));
  answers.forEach((answer, i) => {
    if (answer) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (0x80 >> (i & 7));
  });
  return bytes;
}

export const unpacked = (bytes: Uint8Array, count: number): boolean[] =>
  Array.from({ length: count }, (_, i) => (((bytes[i >> 3] ?? 0) << (i & 7)) & 0x80) > 0);

/** A run as a row of a table. `size` is the number of pictures per class, or `all`. */
interface Row {
  readonly task: string;
  readonly head: string;
  readonly condition: string;
  readonly size: string;
  readonly seed: number;
  readonly train_accuracy: number;
  readonly accuracy: number;
  readonly loss: number;
  readonly calibration_before: number;
  readonly calibration: number;
  readonly temperature: number;
  readonly epochs: number;
  readonly seconds: number;
  /** JSON */
  readonly changed: string;
  readonly test_pictures: number;
  readonly right: Uint8Array;
  readonly right_left: Uint8Array;
  readonly right_right: Uint8Array;
}

const TYPES: Readonly<Record<keyof Row, 'STRING' | 'INT32' | 'FLOAT' | 'BYTE_ARRAY'>> = {
  task: 'STRING',
  head: 'STRING',
  condition: 'STRING',
  size: 'STRING',
  seed: 'INT32',
  train_accuracy: 'FLOAT',
  accuracy: 'FLOAT',
  loss: 'FLOAT',
  calibration_before: 'FLOAT',
  calibration: 'FLOAT',
  temperature: 'FLOAT',
  epochs: 'INT32',
  seconds: 'FLOAT',
  changed: 'STRING',
  test_pictures: 'INT32',
  right: 'BYTE_ARRAY',
  right_left: 'BYTE_ARRAY',
  right_right: 'BYTE_ARRAY',
};

const rowOf = (run: Run): Row => ({
  ...{ task: run.task, head: run.head, condition: run.condition, size: String(run.size) },
  ...{ seed: run.seed, train_accuracy: run.trainAccuracy, accuracy: run.accuracy },
  ...{ loss: run.loss, calibration_before: run.calibrationBefore, calibration: run.calibration },
  ...{ temperature: run.temperature, epochs: run.epochs, seconds: run.seconds },
  changed: JSON.stringify(run.changed),
  ...{ test_pictures: run.right.length, right: packed(run.right) },
  right_left: packed(run.rightShifted[0] ?? []),
  right_right: packed(run.rightShifted[1] ?? []),
});

function runOf(row: Row): Run {
  const count = row.test_pictures;
  const right = unpacked(row.right, count);
  return {
    ...{ task: row.task, head: row.head as StudyHead, condition: row.condition as Condition },
    size: row.size === 'all' ? 'all' : (Number(row.size) as Size),
    ...{ seed: row.seed, trainAccuracy: row.train_accuracy },
    // Exact, where the column is rounded to a float.
    accuracy: right.filter(Boolean).length / count,
    ...{ loss: row.loss, calibrationBefore: row.calibration_before, calibration: row.calibration },
    ...{ temperature: row.temperature, epochs: row.epochs, seconds: row.seconds },
    changed: JSON.parse(row.changed) as Record<string, number>,
    right,
    rightShifted: [unpacked(row.right_left, count), unpacked(row.right_right, count)],
  };
}

/** Reads the runs in a file; none if there is no such file. */
export async function readRuns(file: string): Promise<Run[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    const rows = await parquetReadObjects({ file: new Uint8Array(bytes).buffer, utf8: false });
    return rows.map((row) => runOf(row as unknown as Row));
  } catch (error) {
    throw new Error(`${file}: expected the runs of a study, as Parquet`, { cause: error });
  }
}

/** Writes runs to a file, whole or not at all. */
export async function writeRuns(file: string, runs: readonly Run[]): Promise<void> {
  const rows = runs.map(rowOf);
  const names = Object.keys(TYPES) as (keyof Row)[];
  const columnData = names.map((name) => ({
    ...{ name, type: TYPES[name] },
    data: rows.map((row) => row[name]),
  }));
  await writeWhole(file, new Uint8Array(parquetWriteBuffer({ columnData })));
}

/** What a task's results are read with: everything but its pictures. */
export interface TaskFacts extends Pool {
  readonly name: string;
  readonly title: string;
  readonly classes: readonly string[];
  readonly description: string;
  /** SHA-256 of the pixels of all pictures, so that runs on other pictures aren't mixed with these. */
  readonly sha256: string;
  /** `[h, w, c]` */
  readonly featureShape: readonly number[];
}

/** The facts of a task as JSON. */
export function factsText(task: TaskFacts): string {
  const { name, title, classes, description, sha256, featureShape } = task;
  const { labels, blocks, testPerClass, trainPerClass } = task;
  const facts = {
    ...{ name, title, classes, description, sha256, featureShape, testPerClass, trainPerClass },
    ...{ labels: [...labels], ...(blocks && { blocks: [...blocks] }) },
  };
  return JSON.stringify(facts);
}

export async function readFacts(file: string): Promise<TaskFacts> {
  const { labels, blocks, ...facts } = await readJson<
    Omit<TaskFacts, 'labels' | 'blocks'> & {
      readonly labels: number[];
      readonly blocks?: number[];
    }
  >(file);
  return {
    ...{ ...facts, labels: Int32Array.from(labels) },
    ...(blocks && { blocks: Int32Array.from(blocks) }),
  };
}
