import { loadWeights } from 'resnet-heads';
import {
  cycle,
  deep,
  deflateBomb,
  fanOutOfChunks,
  fanOutOfGroups,
  hugeChunks,
  largeConfig,
  overlappingNames,
  repeatedMember,
  repeatedMessage,
  sharedDataset,
  tinyChunks,
} from '../setup/hostile-files';
import { expectNoLeak } from '../setup/memory';
import { miniClassifier, numbers } from '../setup/mini-resnet';

describe('a file that is made to do harm', () => {
  it.each<[string, () => Uint8Array, string]>([
    ['groups of 32^10 leaves', fanOutOfGroups, 'HDF5: '],
    ['chunks of 32^9 leaves', fanOutOfChunks, 'HDF5: '],
    ['34 kB of deflate', deflateBomb, 'weights: "layer/kernel": expected arrays of at most'],
    [
      '34 kB of deflate, said to be 4 kB',
      () => deflateBomb(8_750_000, 1000),
      'HDF5: "layer/kernel": a chunk expected 4000 bytes, deflated',
    ],
    ['chunks of 2^31 numbers', hugeChunks, 'weights: "layer/kernel": expected arrays of at most'],
    [
      'a million chunks',
      tinyChunks,
      'weights: "layer/kernel": expected chunks of several kilobytes',
    ],
    ['groups within each other', cycle, 'HDF5: expected groups nested at most 32 deep'],
    ['one dataset under 3,000 names', sharedDataset, 'expected arrays of at most'],
    ['names of a megabyte each', overlappingNames, 'HDF5: expected names of at most 1024 bytes'],
    ['60,000 messages of one type', repeatedMessage, 'HDF5: an object expected one header message'],
    [
      '65,000 entries on one member',
      repeatedMember,
      '.keras archive: expected one model.weights.h5',
    ],
    ['a large configuration', largeConfig, '.keras archive: "config.json" expected at most'],
    [
      'a dtype 200,000 lists deep',
      () => deep('"dtype":'),
      'safetensors: "x" expected a known dtype',
    ],
    [
      'a shape 200,000 lists deep',
      () => deep('"dtype":"F32","shape":'),
      'safetensors: "x" expected a shape',
    ],
    [
      'offsets 200,000 lists deep',
      () => deep('"dtype":"F32","shape":[1],"data_offsets":'),
      'safetensors: "x" expected two data_offsets',
    ],
  ])('is refused, and leaves the model as it was: %s', async (_, make, message) => {
    const bytes = make();
    await expectNoLeak(async () => {
      const model = miniClassifier();
      const before = numbers(model);
      await expect(loadWeights(model, bytes)).rejects.toMatchObject({
        name: 'WeightsError',
        message: expect.stringContaining(message) as string,
      });
      expect(numbers(model)).toEqual(before);
      model.dispose();
    });
  });
});
