import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Surroundings } from '../backends/conformance/case';
import { miniResnet } from './mini-resnet';

/** From the repository's root, where npm and jest run; neither `__dirname` nor `import.meta` is there under both. */
const WEIGHTS = 'test/goldens/weights';

function topology(variant: 'v1' | 'v1.5'): object {
  const model = miniResnet(variant);
  try {
    return JSON.parse(model.toJSON() as string) as object;
  } finally {
    model.dispose();
  }
}

/** The bases that the cases load weights into, by variant. */
export const topologies = () => ({ v1: topology('v1'), 'v1.5': topology('v1.5') });

/** What the conformance cases need, from this repository's files. */
export const nodeSurroundings = (): Surroundings => ({
  read: async (name) => new Uint8Array(await readFile(join(WEIGHTS, name))),
  topologies: topologies(),
});
