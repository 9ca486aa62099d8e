import { InvalidArgumentError } from 'commander';
import { ArgumentError, reject } from '../errors.js';

/** A worker's share of an extraction. */
export interface Share {
  /** How many shards there are; undefined if the number of pictures decides. */
  readonly shards?: number;
  /** The one to compute, counted from 0; undefined for all. */
  readonly index?: number;
  /** The environment variable that tells which. */
  readonly variable?: string;
  /** One that would tell which, if the number of shards were given. */
  readonly unused?: string;
}

/** Where engines tell a task of an array its number, counted from 0. */
const VARIABLES = [
  'JOB_COMPLETION_INDEX',
  'SLURM_ARRAY_TASK_ID',
  'AWS_BATCH_JOB_ARRAY_INDEX',
] as const;

/** Parses `3/64`. */
export function shard(text: string): Share {
  const [, index = NaN, shards = NaN] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index < shards) return { index, shards };
  throw new InvalidArgumentError(
    shards > 0
      ? `Expected a shard of all, counted from 0: 0/${shards} to ${shards - 1}/${shards}.`
      : 'Expected i/n, for example 2/64: shard i of n, counted from 0.',
  );
}

/**
 * The share that `--shard` or `--shards` gives a worker, or a task of Kubernetes, Slurm or AWS Batch.
 *
 * @throws ArgumentError if the task's number isn't one of a shard, or there are several
 */
export function shareOf(
  { shard: one, shards }: { shard?: Share; shards?: number },
  environment: NodeJS.ProcessEnv,
): Share {
  if (one !== undefined) return one;
  const given = VARIABLES.flatMap((name) => {
    const text = environment[name];
    return text === undefined ? [] : [{ name, text }];
  });
  if (shards === undefined) {
    const unused = given.find(({ text }) => text !== '');
    return unused === undefined ? {} : { unused: unused.name };
  }
  const [first] = given;
  if (first === undefined) return { shards };
  const { name: variable, text } = first;
  const empty = given.find((each) => each.text === '');
  if (empty !== undefined) {
    throw new ArgumentError(
      `${empty.name}: expected a whole number, got nothing; unset it, or set it to the task’s number`,
    );
  }
  const other = given.find((each) => each.text !== text);
  if (other !== undefined) {
    const expected = `the same number as ${variable}, ${text}`;
    reject(other.name, expected, other.text, 'unset one of them, or pass --shard');
  }
  const index = /^\d+$/.test(text) ? Number(text) : NaN;
  if (index < shards) return { shards, index, variable };
  return reject(
    variable,
    `0 to ${shards - 1} with --shards ${shards}`,
    text,
    `start an array of tasks 0 to ${shards - 1}`,
  );
}
