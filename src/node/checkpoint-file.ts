import type { Checkpoint, Epoch, TrainingState } from '../train/checkpoint.js';
import { sha256 } from '../weights/download/integrity.js';
import type { NamedArray } from '../weights/formats/named-array.js';
import { parseSafetensors } from '../weights/formats/safetensors.js';
import { writeSafetensors } from '../weights/formats/write-safetensors.js';
import { fileBytes } from './read-file.js';
import { writeFile } from './write/file.js';

const PARTS = ['weights', 'moments', 'best'] as const;
/** Raised when a state is written in another way, so that older files are not taken up. */
const VERSION = '1';

interface Progress {
  readonly history: readonly Epoch[];
  readonly bestEpoch: number;
  readonly steps: number;
}

/** Of what is in a file, so that a damaged one is found out. */
async function digest(arrays: readonly NamedArray[], progress: string): Promise<string> {
  const bytes = writeSafetensors(arrays, { progress });
  return sha256(bytes);
}

async function write(state: TrainingState, run: string): Promise<Uint8Array> {
  const { history, bestEpoch, steps } = state;
  const arrays = PARTS.flatMap((part) =>
    state[part].map((array) => ({ ...array, name: `${part}/${array.name}` })),
  );
  const progress = JSON.stringify({ history, bestEpoch, steps } satisfies Progress);
  const hash = await digest(arrays, progress);
  return writeSafetensors(arrays, { version: VERSION, run, progress, sha256: hash });
}

async function read(bytes: Uint8Array, run: string): Promise<TrainingState | undefined> {
  const { arrays, metadata = {} } = parseSafetensors(bytes);
  const { version, run: own, progress = '', sha256: expected } = metadata;
  if (version !== VERSION || own !== run) return undefined;
  if ((await digest(arrays, progress)) !== expected) return undefined;
  const part = (name: (typeof PARTS)[number]) =>
    arrays
      .filter((array) => array.name.startsWith(`${name}/`))
      .map((array) => ({ ...array, name: array.name.slice(name.length + 1) }));
  return {
    ...(JSON.parse(progress) as Progress),
    weights: part('weights'),
    moments: part('moments'),
    best: part('best'),
  };
}

/**
 * Keeps a training run's state in a file, which is written whole or not at all: a process that is killed at
 * any moment leaves the last one. A file that is damaged, or of another run, is not taken up.
 *
 * @param path a safetensors file
 * @param run whatever decides what the run comes to: data, head, options. A file of another is left alone
 *   until it is written over
 */
export function checkpointFile(path: string, run = ''): Checkpoint {
  return {
    async load() {
      try {
        return await read(await fileBytes(path), run);
      } catch {
        // None yet, or none that can be read: the run begins anew.
        return undefined;
      }
    },
    async save(state) {
      await writeFile(path, await write(state, run));
    },
  };
}
