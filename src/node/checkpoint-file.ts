import { ArgumentError } from '../errors.js';
import { sha256 } from '../sha256.js';
import type { Checkpoint, Epoch, TrainingState } from '../train/checkpoint.js';
import type { NamedArray } from '../weights/formats/named-array.js';
import { parseSafetensors } from '../weights/formats/safetensors.js';
import { writeSafetensors } from '../weights/formats/write-safetensors.js';
import { fileBytes } from './read-file.js';
import { writeFile } from './write/file.js';

/** The settings that determine the result of a run, by name: errors list those that differ. */
export type RunSettings = Readonly<Record<string, string | number>>;

const PARTS = ['weights', 'moments', 'best'] as const;
/** Increased whenever the format changes, so that older files are not used. */
const VERSION = '3';
/** Longer values, such as hashes, are not shown in error messages. */
const SHOWN_CHARACTERS = 40;

const REMEDY =
  'to resume that run, use its settings; to start a new run, move the file away or write elsewhere';

interface Progress {
  readonly history: readonly Epoch[];
  readonly bestEpoch: number;
  readonly steps: number;
}

/** Hash of a file's content, to detect damage. */
async function digest(arrays: readonly NamedArray[], texts: object): Promise<string> {
  return sha256(writeSafetensors(arrays, { ...texts }));
}

async function write(state: TrainingState, run: string): Promise<Uint8Array> {
  const { history, bestEpoch, steps } = state;
  const arrays = PARTS.flatMap((part) =>
    state[part].map((array) => ({ ...array, name: `${part}/${array.name}` })),
  );
  const progress = JSON.stringify({ history, bestEpoch, steps } satisfies Progress);
  const texts = { version: VERSION, run, progress };
  return writeSafetensors(arrays, { ...texts, sha256: await digest(arrays, texts) });
}

interface Kept {
  readonly run: string;
  readonly state: TrainingState;
}

/** @throws Error of any kind unless it is a complete checkpoint of this version */
async function read(bytes: Uint8Array): Promise<Kept> {
  const { arrays, metadata = {} } = parseSafetensors(bytes);
  const { version = '', run = '', progress = '', sha256: expected } = metadata;
  if (version !== VERSION) throw new Error(`version ${JSON.stringify(version)}`);
  if ((await digest(arrays, { version, run, progress })) !== expected) throw new Error('damage');
  const part = (name: (typeof PARTS)[number]) =>
    arrays
      .filter((array) => array.name.startsWith(`${name}/`))
      .map((array) => ({ ...array, name: array.name.slice(name.length + 1) }));
  const state = {
    ...(JSON.parse(progress) as Progress),
    ...{ weights: part('weights'), moments: part('moments'), best: part('best') },
  };
  return { run, state };
}

function short(value: unknown): string {
  if (value === undefined) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Lists the settings in which two runs differ, if they are known by name. */
function differences(before: unknown, now: unknown): string {
  if (typeof before !== 'object' || typeof now !== 'object') return 'one of another run';
  const [old, own] = [before, now] as [Record<string, unknown>, Record<string, unknown>];
  const names = [...new Set([...Object.keys(own), ...Object.keys(old)])];
  const found = names.flatMap((name) => {
    const [was, is] = [short(old[name]), short(own[name])];
    if (was === is) return [];
    const isLong = Math.max(was.length, is.length) > SHOWN_CHARACTERS;
    return isLong ? [`another ${name}`] : [`${name} ${was}, now ${is}`];
  });
  return `one of a run with ${found.join('; ')}`;
}

/**
 * Stores a training run's state in a file, which is written completely or not at all: a process that is killed leaves the last
 * state.
 *
 * Its `load()` throws an ArgumentError if the file belongs to another run or is damaged, as a new run would overwrite it.
 *
 * @param path a safetensors file
 * @param run what determines the result of the run: data, head, options
 */
export function checkpointFile(path: string, run: string | RunSettings = ''): Checkpoint {
  const own = JSON.stringify(run);
  return {
    async load() {
      let bytes: Uint8Array;
      try {
        bytes = await fileBytes(path);
      } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException;
        if (code === 'ENOENT') return undefined;
        throw new ArgumentError(`${path}: expected a checkpoint, got ${message}`, { cause });
      }
      const kept = await read(bytes).catch((cause: unknown) => {
        throw new ArgumentError(
          `${path}: expected a checkpoint of this version of resnet-heads, got another file or a damaged one; move it away or write elsewhere`,
          { cause },
        );
      });
      if (kept.run !== own) {
        throw new ArgumentError(
          `${path}: expected a checkpoint of this run, got ${differences(JSON.parse(kept.run), run)}, after ${kept.state.history.length} epochs; ${REMEDY}`,
        );
      }
      return kept.state;
    },
    async save(state) {
      await writeFile(path, await write(state, own));
    },
  };
}
