import { CheckpointSaver, type TrainingState } from '../../src/train/checkpoint';

/** A saver on a clock of its own, each of whose saves takes `ms`. */
function saverThatTakes(ms: number) {
  let now = 0;
  const saved: number[] = [];
  const checkpoint = {
    load: () => Promise.resolve(undefined),
    save: ({ steps }: TrainingState) => {
      saved.push(steps);
      now += ms;
      return Promise.resolve();
    },
  };
  const saver = new CheckpointSaver(checkpoint, () => now);
  const stateAt = (steps: number) => () =>
    Promise.resolve({ history: [], bestEpoch: 0, steps, weights: [], moments: [], best: [] });
  /** Epochs that take `epochMs`, from the first to the last. */
  const train = async (first: number, last: number, epochMs: number) => {
    for (let epoch = first; epoch <= last; epoch++) {
      now += epochMs;
      await saver.offer(stateAt(epoch));
    }
  };
  return { train, saved, finish: (epoch: number) => saver.finish(stateAt(epoch)) };
}

describe('CheckpointSaver', () => {
  it('saves after each epoch, however short, if that takes a second or less', async () => {
    const { train, saved, finish } = saverThatTakes(1000);
    await train(1, 4, 1);
    await finish(4);
    expect(saved).toEqual([1, 2, 3, 4]);
  });

  it('rests ten times as long as a longer save took, and saves the last state at the end', async () => {
    const { train, saved, finish } = saverThatTakes(2000);
    await train(1, 12, 5000);
    expect(saved).toEqual([1, 5, 9]);
    await finish(12);
    await finish(12);
    expect(saved).toEqual([1, 5, 9, 12]);
  });
});
