import util from 'node:util';
import { loadTfjsNode } from 'resnet-heads';

const legacy = util as unknown as Record<string, unknown>;

describe('loadTfjsNode', () => {
  it('puts back what Node 23 took away, and leaves what is there', async () => {
    const own = { isArray: legacy['isArray'], isNullOrUndefined: legacy['isNullOrUndefined'] };
    const there = () => true;
    legacy['isArray'] = there;
    delete legacy['isNullOrUndefined'];
    try {
      const tf = await loadTfjsNode();
      expect(tf.findBackend('tensorflow')).toBeDefined();
      expect(typeof tf.node.decodeJpeg).toBe('function');
      expect(legacy['isArray']).toBe(there);
      const isNullOrUndefined = legacy['isNullOrUndefined'] as (value: unknown) => boolean;
      expect([null, undefined, 0, ''].map(isNullOrUndefined)).toEqual([true, true, false, false]);
    } finally {
      Object.assign(legacy, own);
    }
  });
});
