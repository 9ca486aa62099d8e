/** A queue of tasks that run one at a time, in order. */
export class OneAtATime {
  #unfinished = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Number of tasks that wait or run. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** Runs `work` after all earlier tasks, whether they succeeded or not. */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.#unfinished += 1;
    const mine = this.#last.then(work).finally(() => {
      this.#unfinished -= 1;
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
