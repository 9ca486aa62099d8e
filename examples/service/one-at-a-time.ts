/** Work that is done one piece at a time, in the order in which it came. */
export class OneAtATime {
  #unfinished = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Pieces that wait or run. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** Does `work` after all that came before it, whether that went well or not. */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.#unfinished += 1;
    const mine = this.#last.then(work).finally(() => {
      this.#unfinished -= 1;
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
