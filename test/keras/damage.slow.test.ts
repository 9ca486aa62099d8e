import * as tf from '@tensorflow/tfjs';
import { buildKerasModel } from '../../src/keras/weights';
import { randomBy } from '../../src/random';
import { readKerasArchive } from '../../src/weights/formats/keras-archive';
import { archive, free, goldens } from './goldens';

/** `npm run test:damage` raises it. */
const RUNS = Number(process.env['DAMAGE_RUNS'] ?? 700);
const TIMEOUT_MS = RUNS * 500;

type Node = Record<string | number, unknown>;
interface Slot {
  readonly node: Node;
  readonly key: string | number;
}

/** Every place of a value in JSON. */
function slots(value: unknown): Slot[] {
  if (typeof value !== 'object' || value === null) return [];
  const node = value as Node;
  return Object.keys(node).flatMap((key) => [{ node, key }, ...slots(node[key])]);
}

const VALUES = [
  null,
  true,
  -1,
  0,
  0.5,
  7,
  2 ** 31,
  1e300,
  '',
  'x',
  'Dense',
  '__proto__',
  [],
  {},
  [[0]],
];

/** Breaks a configuration at up to three places: other values, values of elsewhere, and none. */
function damage(config: unknown, random: () => number): unknown {
  const whole = structuredClone(config);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  for (let i = 0; i <= Math.floor(random() * 3); i++) {
    const all = slots(whole);
    const { node, key } = pick(all);
    const kind = random();
    if (kind < 0.2) Reflect.deleteProperty(node, key);
    else if (kind < 0.6) node[key] = structuredClone(pick(VALUES));
    else {
      const other = pick(all);
      node[key] = structuredClone(other.node[other.key]);
    }
  }
  // A list without one of its values isn't JSON; nor is an infinite number.
  return JSON.parse(JSON.stringify(whole));
}

describe('a damaged configuration of Keras 3', () => {
  it.each(Object.keys(goldens))(
    'is refused or built, and leaves nothing behind: %s',
    async (name) => {
      const { config, file } = await readKerasArchive(archive(name));
      const byName = new Map(file.arrays.map((array) => [array.name, array]));
      const random = randomBy(7);
      const before = tf.memory().numTensors;
      let refused = 0;
      for (let i = 0; i < RUNS / Object.keys(goldens).length; i++) {
        const broken = damage(config, random);
        try {
          free(
            await buildKerasModel('it', broken, file.arrays, ({ path }, index) =>
              byName.get(`${path}/vars/${index}`),
            ),
          );
        } catch (error) {
          refused += 1;
          if (!['ArgumentError', 'WeightsError'].includes((error as Error).name)) {
            throw new Error(JSON.stringify(broken).slice(0, 4000), { cause: error });
          }
        }
        expect(tf.memory().numTensors).toBe(before);
      }
      expect(refused).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});
