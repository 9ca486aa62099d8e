import { together } from '../../../src/train/linear/together';

type Ask = (question: number) => Promise<number>;

/** Asks for the doubles of numbers, one after another. */
const asking =
  (...numbers: readonly number[]) =>
  async (ask: Ask): Promise<number[]> => {
    const answers: number[] = [];
    for (const each of numbers) answers.push(await ask(each));
    return answers;
  };

describe('together', () => {
  it('answers one question of each task at a time, and goes on with those that are left', async () => {
    const calls: (readonly (readonly number[])[])[] = [];
    const answer = (questions: readonly number[], tasks: readonly number[]) => {
      calls.push([questions, tasks]);
      return Promise.resolve(questions.map((each) => 2 * each));
    };
    const results = await together([asking(1, 2, 3), asking(), asking(10)], answer);
    expect(results).toEqual([[2, 4, 6], [], [20]]);
    expect(calls).toEqual([
      [
        [1, 10],
        [0, 2],
      ],
      [[2], [0]],
      [[3], [0]],
    ]);
  });

  it('throws what a task throws, once the others have ended', async () => {
    const ended: string[] = [];
    const failing = async (ask: Ask) => {
      await ask(1);
      throw new Error('mine');
    };
    const lasting = async (ask: Ask) => {
      for (let i = 0; i < 3; i++) await ask(i);
      return ended.push('lasting');
    };
    const answer = (questions: readonly number[]) => Promise.resolve(questions);
    await expect(together<number, number, number>([failing, lasting], answer)).rejects.toThrow(
      'mine',
    );
    expect(ended).toEqual(['lasting']);
  });

  it('throws what answering throws', async () => {
    const answer = () => Promise.reject(new Error('no answer'));
    await expect(together([asking(1), asking(2)], answer)).rejects.toThrow('no answer');
  });

  it('does nothing for no tasks', async () => {
    const answer = () => Promise.reject(new Error('asked'));
    expect(await together([], answer)).toEqual([]);
  });
});
