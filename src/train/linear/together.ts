import { present } from '../../errors.js';

interface Request<Q, A> {
  readonly question: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets tasks that run side by side share their evaluations: once each task that hasn't finished has asked, all are answered in one
 * call.
 *
 * @param tasks each receives the function to ask with
 * @param answer answers the questions of the tasks with these indices, in the same order
 */
export async function together<Q, A, T>(
  tasks: readonly ((ask: (question: Q) => Promise<A>) => Promise<T>)[],
  answer: (questions: readonly Q[], tasks: readonly number[]) => Promise<readonly A[]>,
): Promise<T[]> {
  const running = new Set(tasks.keys());
  const waiting = new Map<number, Request<Q, A>>();
  const answerIfComplete = () => {
    if (waiting.size === 0 || waiting.size < running.size) return;
    const requests = [...waiting].sort(([a], [b]) => a - b);
    waiting.clear();
    answer(
      requests.map(([, { question }]) => question),
      requests.map(([task]) => task),
    ).then(
      (answers) => {
        requests.forEach(([, { resolve }], i) => {
          resolve(present(answers[i], 'answer'));
        });
      },
      (error: unknown) => {
        for (const [, { reject }] of requests) reject(error);
      },
    );
  };
  const run = async (task: (typeof tasks)[number], index: number): Promise<T> => {
    const ask = (question: Q): Promise<A> =>
      new Promise((resolve, reject) => {
        waiting.set(index, { question, resolve, reject });
        answerIfComplete();
      });
    try {
      return await task(ask);
    } finally {
      running.delete(index);
      answerIfComplete();
    }
  };
  const results = await Promise.allSettled(tasks.map(run));
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
