import util from 'node:util';

// tfjs-node 4.22 calls two functions that Node 23 took away; mended upstream, not yet released.
const legacy = util as unknown as Record<string, unknown>;
legacy['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
legacy['isArray'] ??= Array.isArray;

beforeAll(async () => {
  const tf = await import('@tensorflow/tfjs-node');
  expect(await tf.setBackend('tensorflow')).toBe(true);
});
