import { denseHead, flattenedHead, planResnet, pooledHead } from 'resnet-heads';
import { messageOf } from '../setup/memory';

const namesOf = (head: ReturnType<typeof pooledHead>) =>
  planResnet({ head })
    .layers.filter(({ part }) => part === 'head')
    .map(({ name, type, outputShape }) => `${name} ${type} ${outputShape.join('×')}`);

describe('pooledHead', () => {
  it.each([
    ['avg', ['avg_pool GlobalAveragePooling2D 2048']],
    ['max', ['max_pool GlobalMaxPooling2D 2048']],
    [
      'avgmax',
      [
        'avg_pool GlobalAveragePooling2D 2048',
        'max_pool GlobalMaxPooling2D 2048',
        'avgmax_pool Average 2048',
      ],
    ],
    [
      'catavgmax',
      [
        'avg_pool GlobalAveragePooling2D 2048',
        'max_pool GlobalMaxPooling2D 2048',
        'catavgmax_pool Concatenate 4096',
      ],
    ],
  ] as const)('pools by %s', (pooling, layers) => {
    expect(namesOf(pooledHead({ numClasses: 5, pooling }))).toEqual([
      ...layers,
      'predictions Dense 5',
    ]);
  });

  it('drops out before the last layer, and only where asked to', () => {
    expect(namesOf(pooledHead({ numClasses: 5, dropout: 0.2 }))).toEqual([
      'avg_pool GlobalAveragePooling2D 2048',
      'dropout Dropout 2048',
      'predictions Dense 5',
    ]);
  });
});

describe('flattenedHead and denseHead', () => {
  it('take hidden units and dropout', () => {
    expect(namesOf(flattenedHead({ numClasses: 5, hiddenUnits: 16, dropout: 0.5 }))).toEqual([
      'flatten Flatten 100352',
      'hidden Dense 16',
      'dropout Dropout 16',
      'predictions Dense 5',
    ]);
    expect(namesOf(denseHead({ numClasses: 5, hiddenUnits: 16, dropout: 0.5 }))).toEqual([
      'hidden Dense 7×7×16',
      'dropout Dropout 7×7×16',
      'predictions Dense 7×7×5',
    ]);
  });

  it('pool before the dense layers where the dense head is asked to', () => {
    expect(namesOf(denseHead({ numClasses: 5, pooling: 'avg' }))).toEqual([
      'avg_pool GlobalAveragePooling2D 2048',
      'hidden Dense 1024',
      'predictions Dense 5',
    ]);
  });
});

describe('a wrong option', () => {
  it.each<[string, () => unknown, string]>([
    [
      'no options',
      () => pooledHead(undefined as never),
      'options: expected an options object, got undefined',
    ],
    [
      'no classes',
      () => pooledHead({} as never),
      'numClasses: expected a positive integer, got undefined',
    ],
    [
      'half a class',
      () => flattenedHead({ numClasses: 2.5 }),
      'numClasses: expected a positive integer, got 2.5',
    ],
    [
      'one class under softmax',
      () => denseHead({ numClasses: 1 }),
      "numClasses: expected at least 2 classes with softmax, as a single class always has probability 1, got 1; use activation: 'sigmoid' for a yes–no question",
    ],
    [
      'all dropped',
      () => pooledHead({ numClasses: 2, dropout: 1 }),
      'dropout: expected a number from 0 up to, but not including, 1, got 1',
    ],
    [
      'another activation',
      () => pooledHead({ numClasses: 2, activation: 'relu' as 'linear' }),
      'activation: expected one of "softmax", "sigmoid", "linear", got "relu"',
    ],
    [
      'another pooling',
      () => pooledHead({ numClasses: 2, pooling: 'mean' as 'avg' }),
      'pooling: expected one of "avg", "max", "avgmax", "catavgmax", got "mean"',
    ],
    [
      "another pooling of a dense head's",
      () => denseHead({ numClasses: 2, pooling: 'avgmax' as 'avg' }),
      'pooling: expected one of "avg", "max", got "avgmax"',
    ],
    [
      'no hidden units',
      () => flattenedHead({ numClasses: 2, hiddenUnits: 0 }),
      'hiddenUnits: expected a positive integer, got 0',
    ],
  ])('is told: %s', (_, body, message) => {
    expect(messageOf(body)).toBe(`ArgumentError: ${message}`);
  });

  it('is none where one class is asked for with sigmoid', () => {
    expect(
      planResnet({ head: pooledHead({ numClasses: 1, activation: 'sigmoid' }) }).outputShape,
    ).toEqual([1]);
  });
});
