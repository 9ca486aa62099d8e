import { encodeCheckpoint } from '../../src/export/savedmodel/checkpoint';

const weight = (name: string, shape: number[], ...values: number[]) => ({
  name,
  weight: { name, shape, data: Float32Array.from(values) },
});

describe('a checkpoint', () => {
  it('has the bytes that TensorFlow 2.21 reads', async () => {
    const { index, data } = await encodeCheckpoint([
      { ...weight('b/kernel', [1, 2], 1, -2), dtype: 'float16' },
      { ...weight('a/bias', [1], 0.5), dtype: 'float32' },
    ]);
    expect(data.map((piece) => Buffer.from(piece).toString('hex'))).toEqual([
      '003c00c0',
      '0000003f',
    ]);
    expect(Buffer.from(index).toString('hex')).toBe(
      '00000608011a020801000611612f62696173080112041202080120042804350638271f000815622f6b65726e656c0813120812020801120208022000280435de6308850000000009000000230000000300000000413b4d38000000000100000000c0f2a1b0000802622f6b65726e656c0053000000000100000000ea14fb625808651500000000000000000000000000000000000000000000000000000000000000000000000057fb808b247547db',
    );
  });

  it('sorts names bytewise, and starts each after the one before', async () => {
    const names = ['b', 'a/b', 'a', 'é', 'Z'];
    const { index } = await encodeCheckpoint(
      names.map((name) => ({ ...weight(name, [1], 1), dtype: 'float32' })),
    );
    const at = ['Z', 'a', 'a/b', 'b', 'é'].map((name) =>
      // Nothing shared, the name's length, and an entry that begins with the type.
      Buffer.from(index).indexOf(
        Buffer.concat([Buffer.from(name), Buffer.from([0x08, 0x01, 0x12])]),
      ),
    );
    expect(at).not.toContain(-1);
    expect(at).toEqual([...at].sort((a, b) => a - b));
  });

  it('is refused if a weight is too large for float16', async () => {
    const large = { ...weight('a/kernel', [1, 1], 70000), dtype: 'float16' } as const;
    await expect(encodeCheckpoint([large])).rejects.toThrow(
      'dtype: expected weights of at most 65504 in float16, got 70000 in "a/kernel"; use float32',
    );
  });
});
