import { fromTorch, isTorch, transpose } from '../../src/weights/torch';

const named = (name: string, shape: number[]) => {
  const size = shape.reduce((product, n) => product * n, 1);
  return { name, shape, data: Float32Array.from({ length: size }, (_, i) => i) };
};

describe('torch names', () => {
  it.each([
    ['conv1.weight', [1, 1, 1, 1], 'conv1_conv/kernel'],
    ['bn1.weight', [1], 'conv1_bn/gamma'],
    ['bn1.bias', [1], 'conv1_bn/beta'],
    ['bn1.running_mean', [1], 'conv1_bn/moving_mean'],
    ['bn1.running_var', [1], 'conv1_bn/moving_variance'],
    ['layer1.0.conv1.weight', [1, 1, 1, 1], 'conv2_block1_1_conv/kernel'],
    ['layer3.22.bn3.weight', [1], 'conv4_block23_3_bn/gamma'],
    ['layer4.0.downsample.0.weight', [1, 1, 1, 1], 'conv5_block1_0_conv/kernel'],
    ['layer4.0.downsample.1.running_var', [1], 'conv5_block1_0_bn/moving_variance'],
    ['fc.weight', [1, 1], 'predictions/kernel'],
    ['fc.bias', [1], 'predictions/bias'],
  ])('%s is translated', (name, shape, keras) => {
    expect(fromTorch(named(name, shape))?.name).toBe(keras);
  });

  it.each([
    'bn1.num_batches_tracked',
    'layer1.0.attn.weight',
    'head.fc.weight',
    'conv1',
    'layer1.0.conv1.gain',
  ])('%s has no place', (name) => {
    expect(fromTorch(named(name, [1]))).toBeUndefined();
  });

  it('are told from others', () => {
    expect(isTorch(new Set(['conv1.weight', 'bn1.running_mean']))).toBe(true);
    expect(isTorch(new Set(['conv1_conv/kernel']))).toBe(false);
  });
});

describe('torch axes', () => {
  it('come as out, in, height, width and leave as height, width, in, out', () => {
    const { shape, data } = fromTorch(named('conv1.weight', [2, 3, 4, 5]))!;
    expect(shape).toEqual([4, 5, 3, 2]);
    for (const [o, i, h, w] of [
      [0, 0, 0, 0],
      [1, 2, 3, 4],
      [1, 0, 2, 3],
      [0, 2, 0, 1],
    ] as const) {
      const from = ((o * 3 + i) * 4 + h) * 5 + w;
      expect(data[((h * 5 + w) * 3 + i) * 2 + o]).toBe(from);
    }
  });

  it('of a dense layer come as out, in and leave as in, out', () => {
    expect([...transpose(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], [1, 0])]).toEqual([
      1, 4, 2, 5, 3, 6,
    ]);
  });
});
