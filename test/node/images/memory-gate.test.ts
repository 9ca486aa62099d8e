import { MemoryGate } from '../../../src/node/images/memory-gate';

/** Work that begins and ends when it is told to. */
function pieces(gate: MemoryGate) {
  const running = new Set<string>();
  const ends = new Map<string, (error?: Error) => void>();
  const begin = (name: string, bytes: number) =>
    gate.run(bytes, () => {
      running.add(name);
      return new Promise<string>((resolve, reject) => {
        ends.set(name, (error) => {
          running.delete(name);
          if (error === undefined) resolve(name);
          else reject(error);
        });
      });
    });
  return { running, begin, end: (name: string, error?: Error) => ends.get(name)?.(error) };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a gate', () => {
  it('lets in at once what there is room for, and the rest in turn', async () => {
    const { running, begin, end } = pieces(new MemoryGate(10));
    const all = [begin('a', 6), begin('b', 4), begin('c', 5), begin('d', 1)];
    // No task has passed: decoding begins though this thread is busy next.
    expect([...running]).toEqual(['a', 'b']);
    end('b');
    await settle();
    // The small one doesn't pass the large one, which waits for six to be free.
    expect([...running]).toEqual(['a']);
    end('a');
    await settle();
    expect([...running]).toEqual(['c', 'd']);
    end('c');
    end('d');
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is open again after work that failed, and lets the largest run alone', async () => {
    const { running, begin, end } = pieces(new MemoryGate(10));
    const failing = begin('failing', 1);
    const large = begin('large', 99);
    const last = begin('last', 1);
    expect([...running]).toEqual(['failing']);
    end('failing', new Error('damaged'));
    await expect(failing).rejects.toThrow('damaged');
    await settle();
    expect([...running]).toEqual(['large']);
    end('large');
    await settle();
    expect([...running]).toEqual(['last']);
    end('last');
    expect(await Promise.all([large, last])).toEqual(['large', 'last']);
  });
});
